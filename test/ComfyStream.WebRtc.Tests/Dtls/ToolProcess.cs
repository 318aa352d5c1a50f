using System.Collections.Concurrent;
using System.Diagnostics;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Dtls;

/// <summary>A program that a test talks to: its output line by line, and its end with the test's.</summary>
internal sealed class ToolProcess : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(15);

    private readonly Process _process;
    private readonly BlockingCollection<string> _lines = [];
    private readonly ConcurrentQueue<string> _seen = new();

    public ToolProcess(string program, params string[] arguments)
    {
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true },
        };
        _process.OutputDataReceived += (_, e) => Add(e.Data);
        _process.ErrorDataReceived += (_, e) => Add(e.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public bool HasExited => _process.HasExited;

    /// <summary>All output so far, for messages.</summary>
    public string Output => string.Join('\n', _seen);

    public void WriteLine(string line) => _process.StandardInput.WriteLine(line);

    public void CloseInput() => _process.StandardInput.Close();

    /// <summary>Takes output up to the first line with <paramref name="part"/> and returns that line; null if it has not come yet.</summary>
    public string? TryTakeLine(string part)
    {
        while (_lines.TryTake(out var line))
            if (line.Contains(part, StringComparison.Ordinal))
                return line;
        return null;
    }

    /// <summary>Waits for a line with <paramref name="part"/>.</summary>
    public string TakeLine(string part)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < s_limit)
        {
            if (_lines.TryTake(out var line, TimeSpan.FromMilliseconds(100)))
            {
                if (line.Contains(part, StringComparison.Ordinal))
                    return line;
            }
            else if (_process.HasExited)
            {
                // Its last lines may still be on their way.
                _process.WaitForExit();
                if (_lines.Count == 0)
                    break;
            }
        }
        Assert.Fail($"No line with '{part}' from {_process.StartInfo.FileName}:\n{Output}");
        return "";
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private void Add(string? line)
    {
        if (line is null)
            return;
        _seen.Enqueue(line);
        _lines.Add(line);
    }
}
