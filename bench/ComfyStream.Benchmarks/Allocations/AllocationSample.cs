using ComfyStream.Benchmarks.Camera;

namespace ComfyStream.Benchmarks.Allocations;

/// <summary>Managed bytes, and what the viewers received meanwhile; totals, or per second.</summary>
internal sealed record AllocationSample(double Bytes, double Packets, double Pictures)
{
    public static AllocationSample Take(Viewer[] viewers) => new(
        GC.GetTotalAllocatedBytes(precise: true),
        viewers.Sum(viewer => viewer.PacketCount),
        viewers.Sum(viewer => viewer.PictureCount));

    /// <summary>By bytes: one round may see a thread's once-only allocations.</summary>
    public static AllocationSample Median(List<AllocationSample> samples) =>
        samples.OrderBy(sample => sample.Bytes).ElementAt(samples.Count / 2);

    public AllocationSample Since(AllocationSample before, double seconds) =>
        new((Bytes - before.Bytes) / seconds, (Packets - before.Packets) / seconds, (Pictures - before.Pictures) / seconds);
}
