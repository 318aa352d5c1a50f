using ComfyStream.Benchmarks.Pipeline;

namespace ComfyStream.Benchmarks.Forwarding;

/// <summary>One round: the relay's own latency in milliseconds, that from camera to viewer, and the relay's CPU.</summary>
internal sealed record ForwardingRound(double Median, double P99, Percentiles EndToEnd, double CpuMilliseconds, double CpuShare, double Delivered)
{
    public static ForwardingRound Of(RelaySample before, RelaySample after, IReadOnlyList<Delivery> deliveries)
    {
        StageSample latency = after.Stages.First(stage => stage.Name == "latency");
        double cpu = after.CpuSeconds - before.CpuSeconds;
        var endToEnd = deliveries.Where(delivery => delivery.Latencies is not null).ToList();
        return new ForwardingRound(
            latency.Median,
            latency.P99,
            new Percentiles(endToEnd.SelectMany(delivery => delivery.Latencies!)),
            1000 * cpu / Math.Max(1, after.Frames - before.Frames),
            cpu / (after.Time - before.Time).TotalSeconds,
            endToEnd.Sum(delivery => delivery.Latencies!.Count) / (double)Math.Max(1, endToEnd.Sum(delivery => delivery.Sent)));
    }

    public void Print(string name) => Console.WriteLine(
        $"{name,7}  {Median,6:F2}   {P99,6:F2}         {EndToEnd.At(0.5),6:F2}   {EndToEnd.At(0.95),6:F2}   {EndToEnd.At(0.99),6:F2}         {CpuMilliseconds,10:F2}   {100 * CpuShare,11:F1}   {Delivered,9:F4}");
}
