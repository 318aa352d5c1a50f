using System.Globalization;

namespace ComfyStream.EndToEnd.Links;

/// <summary>Prints what bad links do to a viewer and a publisher, as the table of docs/performance.md; asserts nothing.</summary>
internal static class LinkTable
{
    private static readonly TimeSpan _settling = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync(string[] options)
    {
        int seconds = 20, outages = 5;
        if (options is not [] && !(options is ["--seconds", var s, "--outages", var o] && int.TryParse(s, out seconds) && int.TryParse(o, out outages)))
        {
            Console.Error.WriteLine("links [--seconds 20 --outages 5]: how long each link is watched, and how often it is interrupted for 3 s.");
            return 2;
        }

        (string Name, LinkConditions Conditions, string Workflow, int BufferMilliseconds)[] rows =
        [
            ("no loss, no delay", LinkConditions.Clear, "passthrough", 0),
            ("100 ms", Conditions.Far, "passthrough", 0),
            ("5 % loss, 100 ms +- 30 ms, in order", Conditions.Lossy, "passthrough", 0),
            ("the same, player buffers 500 ms", Conditions.Lossy, "passthrough", 500),
            ("5 % loss, 100 ms +- 30 ms, reordered", Conditions.Bad, "passthrough", 0),
            ("the same", Conditions.Bad, "invert", 0),
        ];
        Console.WriteLine($"{Environment.ProcessorCount} cores, load {File.ReadAllText("/proc/loadavg").Split(' ')[0]}; {seconds} s each, then {outages} outages of {Conditions.Outage.TotalSeconds} s");
        Console.WriteLine();
        Console.WriteLine("| link, both ways | workflow | pictures decoded, of sent | packets lost | sent again | freezes | frozen | first picture after an outage | playing |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach ((string name, LinkConditions conditions, string workflow, int buffer) in rows)
        {
            await using WatchedLink watched = await WatchedLink.StartAsync(Make(conditions), workflow);
            await PrintAsync(watched, name, workflow, buffer, TimeSpan.FromSeconds(seconds), outages);
        }

        Console.WriteLine();
        await using PublishedLink published = await PublishedLink.StartAsync(Make(Conditions.Bad));
        await Task.Delay(_settling);
        LinkCounters before = published.Link.ToOutside;
        (int sent, int received) = await published.PublishAsync(TimeSpan.FromSeconds(seconds));
        Console.WriteLine(
            $"Published over the last link by Chromium: {received} of {sent} pictures arrived whole; {published.Link.ToOutside.Lost - before.Lost} packets of {published.Link.ToOutside.Sent - before.Sent} lost.");
        return 0;
    }

    private static async Task PrintAsync(WatchedLink watched, string name, string workflow, int buffer, TimeSpan length, int outages)
    {
        if (buffer > 0)
            await watched.Viewer.BufferAsync(buffer);
        await Task.Delay(_settling);
        LinkCounters before = watched.Link.ToInside;
        Playback playback = await watched.PlayAsync(length);
        LinkCounters after = watched.Link.ToInside;
        var recoveries = new List<Recovery>();
        for (int i = 0; i < outages; i++)
            recoveries.Add(await watched.SurviveAsync(Conditions.Outage));

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {workflow} | {playback.FramesDecoded} of {playback.FramesSent} | {after.Lost - before.Lost} of {after.Sent - before.Sent} | {playback.Retransmissions} | {playback.Freezes} | {playback.FreezeSeconds:0.0} s | {Spread(recoveries, recovery => recovery.First)} | {Spread(recoveries, recovery => recovery.Playing)} |"));
    }

    /// <summary>Median and most, in seconds.</summary>
    private static string Spread(List<Recovery> recoveries, Func<Recovery, TimeSpan> time)
    {
        double[] seconds = [.. recoveries.Select(recovery => time(recovery).TotalSeconds).Order()];
        return seconds.Length == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{seconds[seconds.Length / 2]:0.00} s, at most {seconds[^1]:0.00} s");
    }

    private static LinkEmulator Make(LinkConditions conditions) =>
        LinkEmulator.TryCreate(conditions, conditions, seed: 1, out string problem) ?? throw new InvalidOperationException(problem);
}
