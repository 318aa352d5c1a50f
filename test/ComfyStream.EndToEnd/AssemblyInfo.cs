using ComfyStream.EndToEnd.Browser;
using Xunit.Sdk;
using Xunit.v3;

// One thing at a time: the machine that runs the tests may have two cores, and a browser, a relay and their codecs want both.
[assembly: Parallelization(Mode = ParallelMode.None)]
[assembly: AssemblyFixture(typeof(Chromium))]
