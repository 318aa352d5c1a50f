using ComfyStream.Media;
using ComfyStream.Streaming.Diagnostics;
using ComfyStream.Streaming.Pipeline;
using ComfyStream.Streaming.Sessions;
using ComfyStream.Transport;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Streaming.Streams;

/// <summary>
/// A channel: it outlives its publishers and viewers while there is one of either. The control plane changes it while holding
/// <see cref="Gate"/>; the supervisor's thread looks after what it shows; the media plane only reads the current publisher.
/// </summary>
internal sealed class RelayStream : IDisposable
{
    private readonly StageTimes _latency = new("latency");
    private readonly PipelineResources? _resources;
    private readonly ILogger _logger;
    private readonly StreamFailures _failures;
    private readonly Lock _superviseGate = new();
    private volatile PublisherSession? _publisher;
    private TimeSpan _waitingSince = TimeSpan.MinValue;
    private bool _isDisposed;

    public RelayStream(string channel, IWorkflow workflow, StreamFactory factory)
    {
        Channel = channel;
        Workflow = workflow;
        PacketizedFrames = factory.PacketizedFrames;
        _resources = factory.Resources;
        _logger = factory.Logger;
        _failures = new StreamFailures(text => _logger.PipelineFailed(channel, text));
        Processed = new StreamOutput(factory.Loops, PacketizedFrames, factory.NewWatch(), _resources is null ? null : MakeEncoder, _latency);
        if (factory.Options.AllowRaw)
            Raw = new StreamOutput(factory.Loops, PacketizedFrames, factory.NewWatch(), makeEncoder: null);
    }

    /// <summary>Channel name.</summary>
    public string Channel { get; }

    /// <summary>Serialises changes of publisher and workflow.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    /// <summary>The workflow of the next publisher that names none.</summary>
    public IWorkflow Workflow { get; private set; }

    /// <summary>What the workflow makes of the input, for viewers of the channel.</summary>
    public StreamOutput Processed { get; }

    /// <summary>The input as it came; null when it is not served.</summary>
    public StreamOutput? Raw { get; }

    /// <summary>Where packetized frames come from.</summary>
    public PacketizedFramePool PacketizedFrames { get; }

    /// <summary>What went wrong.</summary>
    public StreamFailures Failures => _failures;

    /// <summary>The publisher, or null.</summary>
    public PublisherSession? Publisher => _publisher;

    /// <summary>Where the pictures and sound of earlier publishers ended on the stream's timeline.</summary>
    public TimeSpan LastMediaTime { get; private set; }

    /// <summary>Sessions and requests that use the stream; guarded by the registry.</summary>
    public int Uses { get; set; }

    /// <summary>Makes a session the publisher (under the gate, after the one before has ended).</summary>
    public void SetPublisher(PublisherSession publisher, IWorkflow workflow)
    {
        // A new workflow may be there to hide what was shown before.
        if (workflow != Workflow)
            Processed.Hub.ForgetPictures();
        SetWorkflow(workflow);
        Processed.Show(isSource: publisher.Input.Pipeline is null);
        SetKeyFrameSource(publisher.Input);
        _publisher = publisher;
    }

    /// <summary>Notes which workflow runs, and is that of the next publisher (under the gate).</summary>
    public void SetWorkflow(IWorkflow workflow)
    {
        Workflow = workflow;
        _failures.Clear();
    }

    /// <summary>Takes a publisher off that has ended, unless another one has taken over.</summary>
    public void RemovePublisher(PublisherSession publisher)
    {
        lock (_superviseGate)
        {
            if (publisher.LastMediaTime > LastMediaTime)
                LastMediaTime = publisher.LastMediaTime;
            if (Interlocked.CompareExchange(ref _publisher, null, publisher) == publisher)
                SetKeyFrameSource(null);
        }
    }

    /// <summary>Codes an input's pictures again for viewers of an output; null when there are no codecs here.</summary>
    public Transcoder? MakeTranscoder(StreamInput input, StreamOutput output) => _resources is null ? null : new Transcoder(
        Channel, _resources, output, codec => input.WantsTranscoded(output, codec), input.RequestSourceKeyFrame, _failures);

    /// <summary>
    /// Decides what the outputs show, sends slates, and looks after the publisher's workflow; on the supervisor's thread. True when
    /// viewers have waited for a publisher for longer than they may.
    /// </summary>
    public bool Supervise(TimeSpan now, SlateShelf? slates, TimeSpan idleTimeout)
    {
        lock (_superviseGate)
        {
            if (_isDisposed)
                return false;
            StreamInput? input = _publisher?.Input;
            Supervise(now, Processed, input, slates);
            if (Raw is not null)
                Supervise(now, Raw, input, slates);
            input?.Supervise(now);
            if (input is not null)
                _waitingSince = TimeSpan.MinValue;
            else if (_waitingSince == TimeSpan.MinValue)
                _waitingSince = now;
            if (input is not null || now - _waitingSince < idleTimeout)
                return false;

            // Said once: they take a moment to go.
            _waitingSince = now;
            return true;
        }
    }

    /// <summary>What the statistics say.</summary>
    public StreamSnapshot Snapshot()
    {
        PublisherSession? publisher = _publisher;
        StreamInput? input = publisher?.Input;
        var pipeline = input?.Pipeline;
        FrameCounts counts = input?.Counts ?? default;
        EncodeStage? encoder = pipeline is null ? null : Processed.Encoder;
        (int width, int height) = SizeOf(Processed, input);
        return new StreamSnapshot(
            Channel,
            Workflow.Name,
            HasPublisher: publisher is not null,
            PublisherConnected: publisher is { IsConnected: true },
            ProcessedFrames: counts.Processed,
            ReplacedFrames: counts.Replaced + (Processed.Encoder?.ReplacedCount ?? 0),
            FailedFrames: counts.Failed,
            Error: _failures.Last,
            Width: width,
            Height: height,
            Stages: [.. (pipeline?.Times ?? []).Concat(encoder is null ? [] : [encoder.Times]).Append(_latency).Select(times => times.Snapshot())])
        {
            Shows = Processed.Watch.Showing.ToWord(),
            Interruptions = Processed.Watch.InterruptionCount,
            Slates = Processed.SlateCount,
            Failures = _failures.Count,
            LateFrames = counts.Late,
            Hangs = counts.Hung,
            Abandoned = counts.Abandoned,
            IsTranscoding = input?.IsTranscoding ?? false,
            State = StateOf(publisher),
            Nodes = [.. (pipeline?.Process.NodeTimings ?? []).Select(NodeSnapshot.Of)],
        };
    }

    /// <summary>Stops the encoder and gives all frames back. Nobody publishes, joins or watches any more.</summary>
    public void Dispose()
    {
        lock (_superviseGate)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
        }

        Processed.Dispose();
        Raw?.Dispose();
    }

    private EncodeStage MakeEncoder(StreamOutput output) => new(
        Channel, _resources!, codec => output.Hub.Wants(MediaCodecs.FormatOf(codec)), output.PublishEncoded,
        failure => _failures.Report("encode", failure));

    private PipelineState StateOf(PublisherSession? publisher)
    {
        if (publisher is null)
            return PipelineState.Uninitialized;
        StreamInput input = publisher.Input;
        if (Processed.Watch.Showing == Showing.Live)
            return PipelineState.Streaming;
        if (input.Pipeline is { Process.IsDisabled: true } || _failures.Last.Length > 0)
            return PipelineState.Error;
        return (input.Pipeline?.Process.ProcessedCount ?? input.Counts.Processed) == 0 ? PipelineState.Initializing : PipelineState.Ready;
    }

    private void SetKeyFrameSource(StreamInput? input)
    {
        Processed.Source = input;
        if (Raw is not null)
            Raw.Source = input;
    }

    private void Supervise(TimeSpan now, StreamOutput output, StreamInput? input, SlateShelf? slates)
    {
        Showing before = output.Watch.Showing;
        bool failsOpen = output == Processed && input?.Pipeline is { FailsOpen: true };
        Showing showing = output.Watch.Decide(now, output.Hub.VideoCount > 0, input is not null, failsOpen);
        if (showing != before && output == Processed)
            Tell(before, showing);
        output.PassWaitingRequest(now);
        if (slates is null)
            return;
        (int width, int height) = SizeOf(output, input);
        output.ShowSlate(now, slates, width, height);
    }

    // Of the pictures that viewers get; 0 before there were any. The encoder outlives the workflows that it worked for.
    private (int Width, int Height) SizeOf(StreamOutput output, StreamInput? input) =>
        output == Processed && input?.Pipeline is not null && output.Encoder is { Width: > 0 } encoder ? (encoder.Width, encoder.Height)
        : input is null ? (0, 0)
        : (input.Format.Width, input.Format.Height);

    private void Tell(Showing before, Showing showing)
    {
        if (showing.IsInterruption())
        {
            _logger.Interrupted(Channel, showing.ToWord());
        }
        else if (showing == Showing.Live && before.IsInterruption())
        {
            _failures.Clear();
            _logger.Recovered(Channel);
        }
    }
}
