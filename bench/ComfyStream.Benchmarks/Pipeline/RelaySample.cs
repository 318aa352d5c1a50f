using System.Text.Json;
using ComfyStream.Benchmarks.Relaying;
using ComfyStream.Transport;

namespace ComfyStream.Benchmarks.Pipeline;

/// <summary>The relay's own counters at one moment.</summary>
internal sealed record RelaySample(
    TimeSpan Time,
    double CpuSeconds,
    long ResidentBytes,
    long Frames,
    long Replaced,
    long Failed,
    IReadOnlyList<StageSample> Stages,
    Dictionary<int, (string Name, double Seconds)> Threads)
{
    public static async Task<RelaySample> TakeAsync(RelayProcess relay, string channel)
    {
        JsonElement stream = await relay.StreamAsync(channel);
        return new RelaySample(
            EventLoop.Now,
            relay.CpuSeconds(),
            relay.ResidentBytes(),
            stream.GetProperty("processed_frames").GetInt64(),
            stream.GetProperty("replaced_frames").GetInt64(),
            stream.GetProperty("failed_frames").GetInt64(),
            [.. stream.GetProperty("stages").EnumerateArray().Select(Read)],
            relay.ThreadTimes());
    }

    public static StageSample Read(JsonElement stage) => new(
        stage.GetProperty("name").GetString()!,
        stage.GetProperty("frames").GetInt64(),
        stage.GetProperty("median_milliseconds").GetDouble(),
        stage.GetProperty("p95_milliseconds").GetDouble(),
        stage.GetProperty("p99_milliseconds").GetDouble(),
        stage.GetProperty("max_milliseconds").GetDouble(),
        stage.GetProperty("mean_cpu_milliseconds").GetDouble());
}

/// <summary>One stage: percentiles of the last frames, mean CPU of all so far.</summary>
internal sealed record StageSample(string Name, long Frames, double Median, double P95, double P99, double Max, double MeanCpu);
