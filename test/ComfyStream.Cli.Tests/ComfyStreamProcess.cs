using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ComfyStream.Cli.Tests;

/// <summary>The program as a user runs it: a process with arguments, output, signals and an exit code.</summary>
internal sealed class ComfyStreamProcess : IAsyncDisposable
{
    private const int Sigterm = 15;
    private const int Sigint = 2;
    private const int Sigusr1 = 10;

    private readonly Process _process;
    private readonly Task<string> _errors;
    private readonly List<string> _lines = [];

    private ComfyStreamProcess(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    public int ProcessId => _process.Id;

    private static string ComfyStream => Path.Combine(AppContext.BaseDirectory, "comfystream.dll");

    public static ComfyStreamProcess Start(params IEnumerable<string> arguments) => StartProgram(ComfyStream, arguments);

    /// <summary>Runs it to its end.</summary>
    public static Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments) => RunProgramAsync(ComfyStream, arguments);

    /// <summary>Runs another program of the repository to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunProgramAsync(string dll, params string[] arguments)
    {
        await using ComfyStreamProcess program = StartProgram(dll, arguments);
        string output = await program._process.StandardOutput.ReadToEndAsync(Cancel);
        await program._process.WaitForExitAsync(Cancel);
        return (program._process.ExitCode, output, await program._errors);
    }

    private static ComfyStreamProcess StartProgram(string dll, IEnumerable<string> arguments) =>
        new(Process.Start(new ProcessStartInfo("dotnet", [dll, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!);

    /// <summary>Waits for the line that holds a text.</summary>
    public async Task<string> LineWithAsync(string text)
    {
        while (await _process.StandardOutput.ReadLineAsync(Cancel) is { } line)
        {
            _lines.Add(line);
            if (line.Contains(text, StringComparison.Ordinal))
                return line;
        }
        throw new InvalidOperationException($"The program ended without '{text}': {string.Join('\n', _lines)}\n{await _errors}");
    }

    public async Task<int> EndAsync(PosixSignal signal)
    {
        Assert.Equal(0, Kill(_process.Id, signal == PosixSignal.SIGINT ? Sigint : Sigterm));
        return await ExitAsync();
    }

    /// <summary>Asks it to drain by SIGUSR1, and waits for its end.</summary>
    public async Task<int> DrainAsync()
    {
        Assert.Equal(0, Kill(_process.Id, Sigusr1));
        return await ExitAsync();
    }

    /// <summary>Waits for its end.</summary>
    public async Task<int> ExitAsync()
    {
        // Whatever it still logs must not fill the pipe.
        await _process.StandardOutput.ReadToEndAsync(Cancel);
        await _process.WaitForExitAsync(Cancel);
        return _process.ExitCode;
    }

    public ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
        return ValueTask.CompletedTask;
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int processId, int signal);
}
