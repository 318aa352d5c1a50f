using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Dtls.Interop;

namespace ComfyStream.Streaming.Tests.Running.Foreign;

/// <summary>What the process holds of the system: sockets, pipes and events, DTLS sessions, threads of relays.</summary>
internal readonly record struct Holdings(int Sockets, int Events, int DtlsSessions, int Threads)
{
    public static Holdings Now
    {
        get
        {
            // Not the files: the runtime opens assemblies whenever it needs the next one.
            string[] targets = [.. Directory.EnumerateFiles("/proc/self/fd").Select(TargetOf)];
            return new Holdings(
                targets.Count(target => target.StartsWith("socket:", StringComparison.Ordinal)),
                targets.Count(target => target.StartsWith("anon_inode:", StringComparison.Ordinal) || target.StartsWith("pipe:", StringComparison.Ordinal)),
                SslHandle.LivingCount + SettledAssociation.LivingCount,
                TestRelay.RelayThreads().Count);
        }
    }

    /// <summary>Nothing more of anything: less may be held once garbage of other tests was collected.</summary>
    public bool IsWithin(Holdings start) =>
        Sockets <= start.Sockets && Events <= start.Events && DtlsSessions <= start.DtlsSessions && Threads <= start.Threads;

    private static string TargetOf(string descriptor)
    {
        try
        {
            return File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.Name ?? "";
        }
        catch (IOException)
        {
            // Closed meanwhile.
            return "";
        }
    }
}
