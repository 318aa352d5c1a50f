using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;

namespace ComfyStream.Benchmarks.Relaying;

/// <summary>The relay as a user runs it, in a process of its own, so that its CPU and memory are its own.</summary>
internal sealed class RelayProcess : IAsyncDisposable
{
    private static readonly TimeSpan _startLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan _endLimit = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly string _workspace;
    private readonly HttpClient _http;
    private readonly ChannelReader<string> _answers;

    private RelayProcess(Process process, string workspace, Uri address, ChannelReader<string> answers)
    {
        (_process, _workspace, _answers) = (process, workspace, answers);
        _http = new HttpClient { BaseAddress = address };
    }

    public static Task<RelayProcess> StartAsync(params string[] options) => StartWithAsync("", options);

    /// <summary>With settings of the runtime, such as <c>gcServer=1</c>, that become variables <c>DOTNET_...</c> of its environment.</summary>
    public static Task<RelayProcess> StartWithAsync(string runtimeSettings, params string[] options) => StartAsync(
        workspace => [Repository.RelayProgram, "serve", "--port", "0", "--media-port", "0", "--advertise", "127.0.0.1", "--ice-server", "none", "--workspace", workspace, .. options],
        runtimeSettings);

    /// <summary>The same relay inside this program, which can be asked for its memory.</summary>
    public static Task<RelayProcess> StartHostAsync() => StartAsync(workspace => [typeof(RelayHost).Assembly.Location, RelayHost.Verb, workspace]);

    private static async Task<RelayProcess> StartAsync(Func<string, string[]> argumentsFor, string runtimeSettings = "")
    {
        string workspace = Directory.CreateTempSubdirectory("comfystream-bench-").FullName;
        var start = new ProcessStartInfo("dotnet", argumentsFor(workspace)) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (string[] setting in runtimeSettings.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(setting => setting.Split('=')))
            start.Environment[$"DOTNET_{setting[0]}"] = setting[1];
        var process = Process.Start(start)!;
        var answers = Channel.CreateUnbounded<string>();
        var address = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null)
                address.TrySetException(new InvalidOperationException("The relay ended without opening its port."));
            int at = line.Data?.IndexOf("http", StringComparison.Ordinal) ?? -1;
            if (at >= 0 && line.Data!.Contains("Open ", StringComparison.Ordinal))
                address.TrySetResult(new Uri(line.Data[at..].Trim()));
            if (line.Data?.StartsWith("WARNING", StringComparison.Ordinal) == true || line.Data?.StartsWith("CRITICAL", StringComparison.Ordinal) == true)
                Console.WriteLine(line.Data);
            if (line.Data?.StartsWith('{') == true)
                answers.Writer.TryWrite(line.Data);
        };
        process.BeginOutputReadLine();
        return new RelayProcess(process, workspace, await address.Task.WaitAsync(_startLimit), answers.Reader);
    }

    public int ProcessId => _process.Id;

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

    /// <summary>What the host's memory holds, after a collection of garbage.</summary>
    public async Task<HostMemory> MemoryAsync()
    {
        await _process.StandardInput.WriteLineAsync(RelayHost.Measure);
        await _process.StandardInput.FlushAsync();
        return JsonSerializer.Deserialize<HostMemory>(await _answers.ReadAsync().AsTask().WaitAsync(_startLimit))!;
    }

    /// <summary>Waits until no stream is left.</summary>
    public async Task EndOfSessionsAsync()
    {
        for (TimeSpan waited = TimeSpan.Zero; waited < _startLimit; waited += _pollInterval)
        {
            using JsonDocument status = JsonDocument.Parse(await _http.GetStringAsync("/processing/status"));
            if (status.RootElement.GetProperty("streams").GetArrayLength() == 0)
                return;
            await Task.Delay(_pollInterval);
        }

        throw new TimeoutException("Streams of the relay did not end.");
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
