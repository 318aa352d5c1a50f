using System.Globalization;

namespace ComfyStream.Benchmarks.FanOut;

/// <summary>Prints figures as tables in Markdown, so that they can go into docs/performance.md as they are.</summary>
internal static class FanOutReport
{
    private const string Unknown = "-";

    public static void Print(string title, IReadOnlyList<StepFigures> steps)
    {
        Console.WriteLine($"### {title}");
        Console.WriteLine();
        Console.WriteLine("| viewers | packets/s | delivered | loss | CPU us/packet | limit us/packet | ratio | CPU of relay, generator | added by the relay p50 / p95 / p99 / most ms | camera to viewer p50 / p95 / p99 / p99.9 ms |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (StepFigures step in steps)
        {
            string added = step.Added is { } stage ? $"{stage.Median:F1} / {stage.P95:F1} / {stage.P99:F1} / {stage.Max:F1}" : Unknown;
            Console.WriteLine(
                $"| {step.Viewers} | {step.PacketsPerSecond:F0} | {Text(step.Delivered, "F4")} | {step.Loss:F5} | {Text(step.CpuMicroseconds, "F2")} | {Text(step.Limit?.CpuMicroseconds, "F2")} "
                + $"| {Text(step.CpuMicroseconds / step.Limit?.CpuMicroseconds, "F2")} | {Text(step.CpuPercent, "F0")} %, {step.GeneratorPercent:F0} % | {added} | {Text(step.Latency, 0.5, 0.95, 0.99, 0.999)} |");
        }

        Console.WriteLine();
        Console.WriteLine("| viewers | joined | POST to first RTP p50 / p95 ms | POST to gapless picture p50 / p95 ms | CPU ms/join | RSS KiB/viewer | GC pauses while they join: n, sum, longest ms | while they watch | limit without UDP_GRO us/packet |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (StepFigures step in steps)
        {
            JoinFigures? joins = step.Joins;
            Console.WriteLine(
                $"| {step.Viewers} | {joins?.Count ?? 0} | {Text(joins?.FirstPacket, 0.5, 0.95)} | {Text(joins?.Picture, 0.5, 0.95)} | {Text(joins?.CpuMilliseconds, "F2")} "
                + $"| {Text(step.ResidentKiBPerViewer, "F0")} | {Text(joins?.Pauses)} | {Text(step.Pauses)} | {Text(step.PlainLimit?.CpuMicroseconds, "F2")} |");
        }

        Console.WriteLine();
        foreach (StepFigures step in steps)
            PrintTroubles(step);
    }

    public static void PrintJoins(JoinFigures cold, JoinFigures warm, int between)
    {
        Console.WriteLine($"| joins | n | POST to first RTP p50 / p95 / p99 ms | POST to gapless picture p50 / p95 ms | CPU ms/join | packets of the past each | GC pauses: n, sum, longest ms |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- |");
        PrintJoins("the server's first", cold);
        PrintJoins($"after {between} more", warm);
        Console.WriteLine();
    }

    public static void Print(TurnoverFigures turnover, double packetMicroseconds)
    {
        double without = turnover.CpuMilliseconds - turnover.Packets * packetMicroseconds / 1000;
        Console.WriteLine(
            $"Those who come and go: {turnover.Count}, each there for 0.2 s, {Text(turnover.CpuMilliseconds, "F2")} ms of CPU for joining, leaving and {Text(turnover.Packets, "F0")} packets; {Text(without, "F2")} ms without these, at what a packet costs in the last row above. Leaving alone, while the cameras rest: {Text(turnover.LeavingMilliseconds, "F2")} ms; so joining: {Text(without - turnover.LeavingMilliseconds, "F2")} ms.");
        Console.WriteLine();
    }

    public static void Print(Verification verification)
    {
        if (verification.Viewers == 0)
            return;
        Console.WriteLine($"SRTP: {verification.Viewers} of the viewers decrypted and authenticated all that they got: {verification.Authentic} of {verification.Counted} packets were authentic, {verification.Refused} failed.");
        Console.WriteLine();
    }

    /// <summary>A number, or that it is unknown.</summary>
    public static string Text(double? value, string format) =>
        value is { } known && double.IsFinite(known) ? known.ToString(format, CultureInfo.InvariantCulture) : Unknown;

    private static void PrintJoins(string name, JoinFigures joins)
    {
        Console.WriteLine(
            $"| {name} | {joins.Count} | {Text(joins.FirstPacket, 0.5, 0.95, 0.99)} | {Text(joins.Picture, 0.5, 0.95)} | {Text(joins.CpuMilliseconds, "F2")} | {Text(joins.PastPackets, "F0")} | {Text(joins.Pauses)} |");
        if (joins.Failed > 0)
            Console.Error.WriteLine($"{joins.Failed} joins failed.");
    }

    private static void PrintTroubles(StepFigures step)
    {
        var troubles = new List<string>();
        if (step.Joins is { Failed: > 0 } joins)
            troubles.Add($"{joins.Failed} joins failed");
        if (step.Joins is { WithoutPicture: > 0 } blind)
            troubles.Add($"{blind.WithoutPicture} of those that were watched got no run of pictures without a gap");
        if (step.Overruns > 0)
            troubles.Add($"the viewers' sockets had no room for {step.Overruns} datagrams: the generator is too slow");
        if (step.CameraDrops > 0)
            troubles.Add($"the camera itself dropped {step.CameraDrops} frames");
        if (step.Limit is { Delivered: < 0.999 } limit)
            troubles.Add($"of the limit's packets {limit.Delivered:P1} were received: it was too fast for its receivers");
        if (troubles.Count == 0)
            return;
        Console.WriteLine($"At {step.Viewers} viewers: {string.Join("; ", troubles)}.");
        Console.WriteLine();
    }

    private static string Text(Percentiles? times, params double[] fractions) =>
        times is { Count: > 0 } ? string.Join(" / ", fractions.Select(fraction => Text(times.At(fraction), "F1"))) : Unknown;

    private static string Text(Pauses? pauses) =>
        pauses is null ? Unknown : string.Create(CultureInfo.InvariantCulture, $"{pauses.Count}, {pauses.TotalMilliseconds:F1}, {pauses.LongestMilliseconds:F1}");
}
