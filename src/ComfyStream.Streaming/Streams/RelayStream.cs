using ComfyStream.Media;
using ComfyStream.Streaming.Diagnostics;
using ComfyStream.Streaming.Sessions;
using ComfyStream.Transport;

namespace ComfyStream.Streaming.Streams;

/// <summary>
/// A channel: it outlives its publishers and viewers while there is one of either. The control plane changes it while holding
/// <see cref="Gate"/>; the media plane only reads the current publisher.
/// </summary>
internal sealed class RelayStream
{
    private readonly StageTimes _latency = new("latency");
    private volatile PublisherSession? _publisher;

    public RelayStream(string channel, IWorkflow workflow, IReadOnlyList<EventLoop> loops, PacketizedFramePool packetizedFrames)
    {
        Channel = channel;
        Workflow = workflow;
        Outputs = new StreamOutputs(
            processed: new SubscriberHub(loops, () => _publisher?.Input.RequestProcessedKeyFrame(), _latency),
            raw: new SubscriberHub(loops, () => _publisher?.Input.RequestSourceKeyFrame()),
            packetizedFrames);
    }

    /// <summary>Channel name.</summary>
    public string Channel { get; }

    /// <summary>Serialises changes of publisher and workflow.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    /// <summary>The workflow of the next publisher that names none.</summary>
    public IWorkflow Workflow { get; set; }

    /// <summary>Where frames go to viewers.</summary>
    public StreamOutputs Outputs { get; }

    /// <summary>The publisher, or null.</summary>
    public PublisherSession? Publisher => _publisher;

    /// <summary>Where the pictures and sound of earlier publishers ended on the stream's timeline.</summary>
    public TimeSpan LastMediaTime { get; private set; }

    /// <summary>Sessions and requests that use the stream; guarded by the registry.</summary>
    public int Uses { get; set; }

    /// <summary>Makes a session the publisher (under the gate, after the one before has ended).</summary>
    public void SetPublisher(PublisherSession publisher) => _publisher = publisher;

    /// <summary>Takes a publisher off that has ended, unless another one has taken over.</summary>
    public void RemovePublisher(PublisherSession publisher)
    {
        if (publisher.LastMediaTime > LastMediaTime)
            LastMediaTime = publisher.LastMediaTime;
        Interlocked.CompareExchange(ref _publisher, null, publisher);
    }

    /// <summary>What the statistics say.</summary>
    public StreamSnapshot Snapshot()
    {
        PublisherSession? publisher = _publisher;
        StreamInput? input = publisher?.Input;
        var pipeline = input?.Pipeline;
        return new StreamSnapshot(
            Channel,
            Workflow.Name,
            HasPublisher: publisher is not null,
            PublisherConnected: publisher is { IsConnected: true },
            ProcessedFrames: pipeline?.ProcessedCount ?? input?.ForwardedCount ?? 0,
            ReplacedFrames: pipeline?.ReplacedCount ?? 0,
            FailedFrames: pipeline?.FailedCount ?? 0,
            Error: pipeline?.Error ?? "",
            Width: pipeline?.Width ?? 0,
            Height: pipeline?.Height ?? 0,
            Stages: [.. (pipeline?.Times ?? []).Append(_latency).Select(times => times.Snapshot())]);
    }
}
