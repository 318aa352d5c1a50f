using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ComfyStream.EndToEnd.Processes;

/// <summary>A program that this test run started: its lines are kept, it is ended by its id, and it never outlives its owner.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan _exitTimeout = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly Task _reading;

    private ChildProcess(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
    }

    public static ChildProcess Start(string program, params IEnumerable<string> arguments) =>
        new(Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!);

    public bool HasExited => _process.HasExited;

    /// <summary>All lines so far, of standard output and standard error.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock)
                return [.. _lines];
        }
    }

    /// <summary>The end of what it wrote.</summary>
    public string Tail => string.Join('\n', Lines.TakeLast(60));

    /// <summary>Waits until a line that holds a text has been written.</summary>
    public async Task<string> LineWithAsync(string text, TimeSpan timeout)
    {
        return await Eventually.GetAsync(
            () => Task.FromResult(Lines.FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal)) ?? (HasExited ? "" : null)),
            timeout,
            () => $"no line with '{text}':\n{Tail}") is { Length: > 0 } found
            ? found
            : throw new InvalidOperationException($"The program ended without '{text}':\n{Tail}");
    }

    public void Signal(PosixSignal signal)
    {
        const int Interrupt = 2, Terminate = 15;
        Assert.Equal(0, Kill(_process.Id, signal == PosixSignal.SIGINT ? Interrupt : Terminate));
    }

    /// <summary>Waits for its end and returns the exit code.</summary>
    public async Task<int> ExitAsync(TimeSpan timeout)
    {
        using var patience = new CancellationTokenSource(timeout);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The program did not end within {timeout.TotalSeconds} s:\n{Tail}");
        }
        await _reading.WaitAsync(_exitTimeout);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync().WaitAsync(_exitTimeout);
        }
        _process.Dispose();
    }

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (_lock)
                _lines.Add(line);
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int processId, int signal);
}
