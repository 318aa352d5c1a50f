using System.Runtime.InteropServices;
using ComfyStream.Transport;

namespace ComfyStream.Benchmarks;

/// <summary>Sleeps to the kernel's precision: timers of the runtime wake up in steps of 4 ms here.</summary>
internal static partial class PreciseSleep
{
    private const int MonotonicClock = 1;

    /// <summary>Until a time of <see cref="EventLoop.Now"/>.</summary>
    public static void Until(TimeSpan due) => For(due - EventLoop.Now);

    public static unsafe void For(TimeSpan time)
    {
        if (time <= TimeSpan.Zero)
            return;
        long* parts = stackalloc long[2] { (long)time.TotalSeconds, time.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick };
        _ = ClockNanoSleep(MonotonicClock, 0, parts, null);
    }

    [LibraryImport("libc", EntryPoint = "clock_nanosleep")]
    private static unsafe partial int ClockNanoSleep(int clock, int flags, long* time, void* remaining);
}
