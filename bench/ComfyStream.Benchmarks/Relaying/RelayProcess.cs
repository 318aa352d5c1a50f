using System.Diagnostics;
using System.Text.Json;

namespace ComfyStream.Benchmarks.Relaying;

/// <summary>The relay as a user runs it, in a process of its own, so that its CPU and memory are its own.</summary>
internal sealed class RelayProcess : IAsyncDisposable
{
    private static readonly TimeSpan _startLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _endLimit = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly string _workspace;
    private readonly HttpClient _http;

    private RelayProcess(Process process, string workspace, Uri address)
    {
        (_process, _workspace) = (process, workspace);
        _http = new HttpClient { BaseAddress = address };
    }

    public static async Task<RelayProcess> StartAsync(params string[] options)
    {
        string workspace = Directory.CreateTempSubdirectory("comfystream-bench-").FullName;
        string[] arguments = [Repository.RelayProgram, "serve", "--port", "0", "--media-port", "0", "--advertise", "127.0.0.1", "--ice-server", "none", "--workspace", workspace, .. options];
        var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
        var address = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OutputDataReceived += (_, line) =>
        {
            int at = line.Data?.IndexOf("http", StringComparison.Ordinal) ?? -1;
            if (at >= 0 && line.Data!.Contains("Open ", StringComparison.Ordinal))
                address.TrySetResult(new Uri(line.Data[at..].Trim()));
            if (line.Data?.StartsWith("WARNING", StringComparison.Ordinal) == true || line.Data?.StartsWith("CRITICAL", StringComparison.Ordinal) == true)
                Console.WriteLine(line.Data);
        };
        process.BeginOutputReadLine();
        return new RelayProcess(process, workspace, await address.Task.WaitAsync(_startLimit));
    }

    /// <summary>Where to publish or watch: <c>/whip?...</c> or <c>/whep?...</c>.</summary>
    public Uri UrlOf(string pathAndQuery) => new(_http.BaseAddress!, pathAndQuery);

    /// <summary>What the relay says of a stream.</summary>
    public async Task<JsonElement> StreamAsync(string channel)
    {
        using Stream body = await _http.GetStreamAsync("/processing/status");
        using JsonDocument status = await JsonDocument.ParseAsync(body);
        foreach (JsonElement stream in status.RootElement.GetProperty("streams").EnumerateArray())
        {
            if (stream.GetProperty("channel").GetString() == channel)
                return stream.Clone();
        }

        throw new InvalidOperationException($"The relay knows no stream '{channel}'.");
    }

    /// <summary>CPU seconds of each living thread so far, by thread id.</summary>
    public Dictionary<int, (string Name, double Seconds)> ThreadTimes()
    {
        var times = new Dictionary<int, (string, double)>();
        foreach (string folder in Directory.EnumerateDirectories($"/proc/{_process.Id}/task"))
        {
            try
            {
                string name = File.ReadAllText(Path.Combine(folder, "comm")).Trim();
                string ran = File.ReadAllText(Path.Combine(folder, "schedstat")).Split(' ')[0];
                times[int.Parse(Path.GetFileName(folder))] = (name, double.Parse(ran) / 1e9);
            }
            catch (IOException)
            {
                // The thread ended meanwhile.
            }
        }

        return times;
    }

    /// <summary>CPU seconds of the process so far, those of ended threads included.</summary>
    public double CpuSeconds()
    {
        _process.Refresh();
        return _process.TotalProcessorTime.TotalSeconds;
    }

    /// <summary>Resident memory.</summary>
    public long ResidentBytes()
    {
        _process.Refresh();
        return _process.WorkingSet64;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        using (Process kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]))
            await kill.WaitForExitAsync();
        try
        {
            await _process.WaitForExitAsync().WaitAsync(_endLimit);
        }
        catch (TimeoutException)
        {
            _process.Kill();
        }

        _process.Dispose();
        Directory.Delete(_workspace, recursive: true);
    }
}
