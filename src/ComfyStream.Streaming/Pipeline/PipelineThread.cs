using System.Runtime.InteropServices;

namespace ComfyStream.Streaming.Pipeline;

/// <summary>
/// Threads that decode, process and encode give way to the event loops when there are not enough cores for all: a picture that is
/// computed later is replaced by a newer one, but packets that leave later are late for every viewer.
/// </summary>
internal static partial class PipelineThread
{
    /// <summary>A third of the share of CPU of an event loop (nice value 0) where both want a core; all of it otherwise.</summary>
    public const int Niceness = 5;

    private const int PrioProcess = 0;

    /// <summary>Lowers the calling thread's priority for good: on Linux, where nice values are a thread's own; without effect elsewhere.</summary>
    public static void GiveWay()
    {
        if (OperatingSystem.IsLinux())
            _ = SetPriority(PrioProcess, 0, Niceness);
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, uint who, int niceness);
}
