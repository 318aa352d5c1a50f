using System.Runtime.InteropServices;
using ComfyStream.Transport;

namespace ComfyStream.Streaming.Diagnostics;

/// <summary>
/// Wall-clock and CPU time of one stage over its last frames. One thread at a time records; any thread reads (a reader may see
/// a sample half a window old, never a torn one).
/// </summary>
internal sealed partial class StageTimes(string name)
{
    private const int Window = 512;
    private const int ThreadCpuClock = 3;

    private readonly long[] _wallTicks = new long[Window];
    private long _count;
    private long _cpuNanoseconds;

    /// <summary>The stage's name in statistics.</summary>
    public string Name => name;

    /// <summary>Begins one frame's measurement on the calling thread.</summary>
    public static Measurement Begin() => new(EventLoop.Now, ThreadCpuNanoseconds());

    /// <summary>Ends the measurement on the thread that began it.</summary>
    public void End(Measurement begun)
    {
        Interlocked.Add(ref _cpuNanoseconds, ThreadCpuNanoseconds() - begun.CpuNanoseconds);
        Record(EventLoop.Now - begun.Start);
    }

    /// <summary>Records a duration that was measured otherwise.</summary>
    public void Record(TimeSpan duration)
    {
        long index = Interlocked.Increment(ref _count) - 1;
        Volatile.Write(ref _wallTicks[index % Window], duration.Ticks);
    }

    /// <summary>Percentiles of the last frames, CPU mean of all.</summary>
    public StageSnapshot Snapshot()
    {
        long count = Volatile.Read(ref _count);
        if (count == 0)
            return new StageSnapshot(name, 0, 0, 0, 0, 0, 0);

        long[] sorted = _wallTicks.AsSpan(0, (int)Math.Min(count, Window)).ToArray();
        Array.Sort(sorted);
        return new StageSnapshot(
            name,
            count,
            ToMilliseconds(sorted[sorted.Length / 2]),
            ToMilliseconds(sorted[sorted.Length * 95 / 100]),
            ToMilliseconds(sorted[sorted.Length * 99 / 100]),
            ToMilliseconds(sorted[^1]),
            Volatile.Read(ref _cpuNanoseconds) / 1e6 / count);
    }

    private static double ToMilliseconds(long ticks) => Math.Round(ticks / (double)TimeSpan.TicksPerMillisecond, 3);

    private static unsafe long ThreadCpuNanoseconds()
    {
        long* time = stackalloc long[2];
        _ = ClockGetTime(ThreadCpuClock, time);
        return (time[0] * 1_000_000_000) + time[1];
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    [SuppressGCTransition]
    private static unsafe partial int ClockGetTime(int clock, long* time);

    /// <summary>A measurement that has begun.</summary>
    internal readonly record struct Measurement(TimeSpan Start, long CpuNanoseconds);
}
