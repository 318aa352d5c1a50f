using System.Diagnostics;
using System.Text.Json;
using ComfyStream.Benchmarks.Pipeline;
using ComfyStream.Benchmarks.Relaying;

namespace ComfyStream.Benchmarks.FanOut;

/// <summary>The server under load: a relay that was started for it, or one that runs already, of which less can be known.</summary>
internal sealed class MeasuredServer : IAsyncDisposable
{
    private const string Channel = "bench";
    private const string LatencyStage = "latency";

    private readonly FanOutPlan _plan;
    private readonly RelayProcess? _relay;
    private readonly Process? _process;
    private readonly PauseWatch? _pauses;

    private MeasuredServer(FanOutPlan plan, RelayProcess? relay)
    {
        (_plan, _relay) = (plan, relay);
        int? id = relay?.ProcessId ?? plan.Server?.ProcessId;
        _process = id is { } known ? Process.GetProcessById(known) : null;
        _pauses = id is { } ours ? PauseWatch.TryStart(ours) : null;
    }

    /// <summary>Whether the generator publishes.</summary>
    public bool IsPublishedTo => _relay is not null || _plan.Server!.Whip is not null;

    public static async Task<MeasuredServer> StartAsync(FanOutPlan plan) => new(
        plan, plan.Server is null ? await RelayProcess.StartWithAsync(plan.RuntimeSettings, "--event-loops", $"{plan.EventLoops}", "--log-level", "warning") : null);

    public Uri WhipOf(int publisher) => _relay?.UrlOf($"/whip?channelId={Channel}-{publisher}&prompts={_plan.Workflow}") ?? _plan.Server!.Whip!;

    public Uri WhepOf(int publisher) => _relay?.UrlOf($"/whep?streamId={Channel}-{publisher}") ?? _plan.Server!.Whep;

    /// <summary>CPU seconds of the process so far; NaN when it is not known which it is.</summary>
    public double CpuSeconds()
    {
        _process?.Refresh();
        return _process?.TotalProcessorTime.TotalSeconds ?? double.NaN;
    }

    /// <summary>Resident memory in KiB; NaN likewise.</summary>
    public double ResidentKiB()
    {
        _process?.Refresh();
        return _process?.WorkingSet64 / 1024.0 ?? double.NaN;
    }

    /// <summary>From a picture's last packet in to its last packet out, of the last 512, as the relay itself says; null when it is no relay of ours.</summary>
    public async Task<StageSample?> LatencyAsync()
    {
        if (_relay is null)
            return null;
        JsonElement stream = await _relay.StreamAsync($"{Channel}-0");
        return stream.GetProperty("stages").EnumerateArray().Select(RelaySample.Read).FirstOrDefault(stage => stage.Name == LatencyStage);
    }

    /// <summary>Null when the process cannot be asked.</summary>
    public Pauses? PausesBetween(TimeSpan from, TimeSpan to) => _pauses?.Between(from, to);

    public async ValueTask DisposeAsync()
    {
        _pauses?.Dispose();
        _process?.Dispose();
        if (_relay is not null)
            await _relay.DisposeAsync();
    }
}
