using ComfyStream.Benchmarks.Camera;

namespace ComfyStream.Benchmarks.Allocations;

/// <summary>Managed bytes, and what the viewers received meanwhile; totals, or per second.</summary>
internal sealed record AllocationSample(double Bytes, double Packets, double Pictures)
{
    public static AllocationSample Take(Viewer[] viewers) => new(
        GC.GetTotalAllocatedBytes(precise: true),
        viewers.Sum(viewer => viewer.PacketCount),
        viewers.Sum(viewer => viewer.PictureCount));

    /// <summary>The least: what a packet allocates is in every round, what happens once (a pool that had to grow) is not.</summary>
    public static AllocationSample Least(List<AllocationSample> samples) => samples.MinBy(sample => sample.Bytes)!;

    public AllocationSample Since(AllocationSample before, double seconds) =>
        new((Bytes - before.Bytes) / seconds, (Packets - before.Packets) / seconds, (Pictures - before.Pictures) / seconds);
}
