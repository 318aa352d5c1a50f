using System.Diagnostics;

namespace ComfyStream.EndToEnd.Links;

/// <summary>
/// A network namespace of this test run. It has no name: a child process holds it, which ends when this process does, however that
/// ends, and nothing is left.
/// </summary>
internal sealed class NetworkNamespace : IDisposable
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(10);

    private readonly Process _holder;

    private NetworkNamespace(Process holder) => _holder = holder;

    /// <summary>The holder: <c>ip link set ... netns</c> takes its number.</summary>
    public int ProcessId => _holder.Id;

    /// <summary>What a command begins with that is to run inside.</summary>
    public IReadOnlyList<string> Prefix => ["nsenter", $"--net=/proc/{ProcessId}/ns/net", "--"];

    /// <exception cref="InvalidOperationException">The machine or the user's rights do not allow it.</exception>
    public static NetworkNamespace Create()
    {
        // It waits for the end of its standard input, which only this process holds open.
        var holder = Process.Start(new ProcessStartInfo("unshare", ["--net", "sh", "-c", "echo made; exec cat"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        if (holder.StandardOutput.ReadLine() == "made")
            return new NetworkNamespace(holder);

        string reason = holder.StandardError.ReadToEnd().Trim();
        holder.Dispose();
        throw new InvalidOperationException(reason);
    }

    /// <summary>Runs a command inside.</summary>
    public void Run(params IEnumerable<string> command) => Execute([.. Prefix, .. command]);

    /// <summary>Runs a command outside.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static void Execute(params IReadOnlyList<string> command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardError = true })!;
        string problem = process.StandardError.ReadToEnd();
        process.WaitForExit(_limit);
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{string.Join(' ', command)}: {problem.Trim()}");
    }

    public void Dispose()
    {
        _holder.StandardInput.Close();
        _holder.WaitForExit(_limit);
        _holder.Dispose();
    }
}
