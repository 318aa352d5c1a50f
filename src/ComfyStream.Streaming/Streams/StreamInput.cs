using ComfyStream.Media;
using ComfyStream.Streaming.Pipeline;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Packetization;

namespace ComfyStream.Streaming.Streams;

/// <summary>
/// What one publisher's frames go into: forwarded as they came to the raw output (and, without a workflow, to the processed one),
/// coded again for viewers who cannot play them so, and through the workflow's pipeline to the processed output. Written to by
/// the publisher's event loop only, until it is stopped; another pipeline takes over there, between two frames.
/// </summary>
internal sealed class StreamInput : IKeyFrameSource, IAsyncDisposable
{
    private readonly RelayStream _stream;
    private readonly Lock _changes = new();
    private volatile VideoPipeline? _pipeline;
    private volatile bool _forwardsVideo;
    private volatile bool _forwardsAudio;
    private volatile InputChange? _next;
    private Task _retired = Task.CompletedTask;
    private FrameCounts _retiredCounts;
    private bool _isDisposed;
    private readonly AudioDelayLine _audioDelay = new();
    private readonly Vp8Packetizer _vp8 = StreamOutput.NewVp8Packetizer();
    private volatile Transcoder? _transcoder;
    private volatile Transcoder? _rawTranscoder;
    private readonly KeyFrameObedience _obedience = new();
    private Action _requestKeyFrame = static () => { };
    private long _forwarded;
    private volatile bool _isCut;

    /// <param name="workflow">What is forwarded: its input if it is passthrough, and sound if it gives any.</param>
    /// <param name="makePipeline">Makes the pipeline around its input; null when no picture is processed.</param>
    public StreamInput(RelayStream stream, IWorkflow workflow, Func<StreamInput, VideoPipeline>? makePipeline)
    {
        _stream = stream;
        _forwardsVideo = workflow.IsPassthrough;
        _forwardsAudio = workflow.HasAudioOutput;
        _pipeline = makePipeline?.Invoke(this);
    }

    /// <summary>The running workflow; null when the stream is forwarded.</summary>
    public VideoPipeline? Pipeline => _pipeline;

    /// <summary>What the publisher's pictures are.</summary>
    public SourceFormat Format { get; } = new();

    /// <summary>What became of the pictures for the processed output, in all pipelines that there were.</summary>
    public FrameCounts Counts
    {
        get
        {
            lock (_changes)
                return _retiredCounts + (_pipeline?.Counts ?? default) + new FrameCounts(Volatile.Read(ref _forwarded), 0, 0, 0, 0, 0);
        }
    }

    /// <summary>Whether pictures are being coded again for viewers who cannot play them as they come.</summary>
    public bool IsTranscoding => _transcoder is { IsNeeded: true } || _rawTranscoder is { IsNeeded: true };

    /// <summary>Says who is asked for key frames: the publisher.</summary>
    public void SetKeyFrameSource(Action requestKeyFrame) => _requestKeyFrame = requestKeyFrame;

    /// <summary>
    /// Makes what is done to the frames another thing, from the publisher's next key frame on (any thread). Another change that is
    /// still waiting for one is dropped.
    /// </summary>
    /// <param name="workflow">What is forwarded.</param>
    /// <param name="pipeline">What its pictures go through, warm; taken. Null when no picture is processed.</param>
    /// <returns>Completes when that has come about, or when the input has ended before.</returns>
    public Task ChangeAsync(IWorkflow workflow, VideoPipeline? pipeline)
    {
        var change = new InputChange(workflow, pipeline);
        lock (_changes)
        {
            if (_isDisposed)
                Drop(change);
            else
                Drop(Interlocked.Exchange(ref _next, change));
        }

        RequestSourceKeyFrame();
        return change.Done.Task;
    }

    /// <summary>Whether a change waits for a key frame.</summary>
    public bool IsChanging => _next is not null;

    /// <summary>Asks the publisher for a key frame (any thread).</summary>
    public void RequestSourceKeyFrame()
    {
        _obedience.NoteRequest(EventLoop.Now);
        _requestKeyFrame();
    }

    /// <summary>
    /// Whether viewers of an output want the picture coded again in that codec: they cannot play the source, or they could and the
    /// publisher leaves them without a key frame.
    /// </summary>
    public bool WantsTranscoded(StreamOutput output, PayloadFormat codec) =>
        output.Hub.WantsTranscoded(codec, Format.Current) || (_obedience.IsIgnoring && output.Hub.HasWaiting(codec));

    /// <inheritdoc/>
    public void RequestKeyFrame(StreamOutput output, ViewerFormats viewer)
    {
        bool isRaw = output == _stream.Raw;
        if (!isRaw && _pipeline is not null)
        {
            output.Encoder?.RequestKeyFrame(MediaCodecs.Of(viewer.PreferredCodec));
            return;
        }

        bool isPlayable = viewer.Plays(Format.Current);
        if (isPlayable)
            RequestSourceKeyFrame();
        if (!isPlayable || _obedience.IsIgnoring)
            (isRaw ? _rawTranscoder : _transcoder)?.RequestKeyFrame(viewer.PreferredCodec);
    }

    /// <summary>Takes an access unit.</summary>
    public void WriteVideo(EncodedFrame frame)
    {
        if (_isCut)
        {
            frame.Release();
            return;
        }

        if (frame.IsKeyFrame && _next is not null)
            Change();
        VideoFormat format = Format.Observe(frame);
        _obedience.Observe(frame.LastArrival, frame.IsKeyFrame);
        Forward(frame, format);
        _transcoder?.Write(frame);
        _rawTranscoder?.Write(frame);
        if (_pipeline is not null)
            _pipeline.Enqueue(frame);
        else
            frame.Release();
    }

    /// <summary>Takes a sound packet.</summary>
    public void WriteAudio(EncodedFrame frame)
    {
        if (_isCut)
        {
            frame.Release();
            return;
        }

        PublishSound(_stream.Raw, frame);
        if (_pipeline is null || !_forwardsAudio)
        {
            if (_forwardsAudio)
                PublishSound(_stream.Processed, frame);
            frame.Release();
            return;
        }

        _audioDelay.SetLatency(_stream.Processed.Latency);
        _audioDelay.Add(frame);
        while (_audioDelay.TryTake(EventLoop.Now, out EncodedFrame? due))
        {
            PublishSound(_stream.Processed, due!);
            due!.Release();
        }
    }

    /// <summary>Looks after the workflow and the transcoders; on the supervisor's thread.</summary>
    public void Supervise(TimeSpan now)
    {
        _pipeline?.Supervise(now);
        if (_isCut)
            return;
        if (_forwardsVideo)
            _transcoder = SuperviseTranscoder(_transcoder, _stream.Processed);
        else
            _transcoder?.Set(isNeeded: false, isReady: false);
        if (_stream.Raw is { } raw)
            _rawTranscoder = SuperviseTranscoder(_rawTranscoder, raw);
    }

    /// <summary>Nothing more reaches the outputs, which are the next publisher's (any thread).</summary>
    public void Cut()
    {
        _isCut = true;
        _pipeline?.Cut();
    }

    /// <summary>Ends the input, on the publisher's event loop: nothing is written after it.</summary>
    public void Stop()
    {
        Cut();
        _audioDelay.Clear();
    }

    /// <summary>Ends what runs behind a stopped input; completes when the workflow has let go of its picture. The supervisor has let go of it.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_changes)
        {
            _isDisposed = true;
            Drop(Interlocked.Exchange(ref _next, null));
        }

        _transcoder?.Complete();
        _rawTranscoder?.Complete();
        if (_pipeline is not null)
            await _pipeline.DisposeAsync().ConfigureAwait(false);
        await _retired.ConfigureAwait(false);
    }

    // On the loop, between two frames.
    private void Change()
    {
        if (Interlocked.Exchange(ref _next, null) is not { } change)
            return;
        VideoPipeline? before = _pipeline;
        before?.Cut();
        _stream.Processed.Show(change.Workflow.IsPassthrough);

        // The publisher's key frame, which comes next, replaces what was there; a workflow's first picture takes a moment.
        if (change.Pipeline is not null)
            _stream.Processed.Hub.ForgetPictures();
        lock (_changes)
        {
            _retiredCounts += before?.Counts ?? default;
            (_pipeline, _forwardsVideo, _forwardsAudio) = (change.Pipeline, change.Workflow.IsPassthrough, change.Workflow.HasAudioOutput);
            Retire(before);
        }

        PublishHeldSound();
        change.Done.SetResult();
    }

    private void PublishHeldSound()
    {
        while (_audioDelay.TryTake(TimeSpan.MaxValue, out EncodedFrame? held))
        {
            PublishSound(_stream.Processed, held!);
            held!.Release();
        }
    }

    // Under the lock.
    private void Drop(InputChange? change)
    {
        if (change is null)
            return;
        Retire(change.Pipeline);
        change.Done.SetResult();
    }

    // Its threads are waited for, which no event loop does.
    private void Retire(VideoPipeline? pipeline)
    {
        if (pipeline is not null)
            _retired = Task.WhenAll(_retired, Task.Run(async () => await pipeline.DisposeAsync().ConfigureAwait(false)));
    }

    private void Forward(EncodedFrame frame, VideoFormat format)
    {
        TimeSpan now = EventLoop.Now;
        _stream.Raw?.Watch.NoteReceived(now);
        if (_forwardsVideo)
        {
            _stream.Processed.Watch.NoteReceived(now);
            Interlocked.Increment(ref _forwarded);
        }

        if (format.IsReordered || !(_forwardsVideo || _stream.Raw is not null))
            return;
        if (StreamOutput.Packetize(_stream.PacketizedFrames, frame, _vp8, format) is not { } packets)
            return;
        if (_forwardsVideo)
            _stream.Processed.Forward(packets, format);
        _stream.Raw?.Forward(packets, format);
        packets.Release();
    }

    private void PublishSound(StreamOutput? output, EncodedFrame frame)
    {
        if (output is null || output.Hub.Count == 0 || StreamOutput.Packetize(_stream.PacketizedFrames, frame, _vp8, format: null) is not { } packets)
            return;
        output.Forward(packets, format: null);
        packets.Release();
    }

    private Transcoder? SuperviseTranscoder(Transcoder? transcoder, StreamOutput output)
    {
        bool isNeeded = WantsTranscoded(output, PayloadFormat.H264) || WantsTranscoded(output, PayloadFormat.Vp8);
        bool isReady = _obedience.IsIgnoring;
        if (isNeeded || isReady)
            transcoder ??= _stream.MakeTranscoder(this, output);
        transcoder?.Set(isNeeded, isReady);
        return transcoder;
    }
}

/// <summary>What a publisher's frames are to go into next.</summary>
/// <param name="Workflow">What is forwarded.</param>
/// <param name="Pipeline">What its pictures go through; null when none is processed.</param>
internal sealed record InputChange(IWorkflow Workflow, VideoPipeline? Pipeline)
{
    /// <summary>Completes when it has come about, or was dropped.</summary>
    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
