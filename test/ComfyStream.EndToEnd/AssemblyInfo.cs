using ComfyStream.EndToEnd.Browser;

// One thing at a time: the machine that runs the tests may have two cores, and a browser, a relay and their codecs want both.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: AssemblyFixture(typeof(Chromium))]
