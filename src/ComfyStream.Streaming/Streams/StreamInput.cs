using ComfyStream.Media;
using ComfyStream.Streaming.Pipeline;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Packetization;

namespace ComfyStream.Streaming.Streams;

/// <summary>
/// What one publisher's frames go into: forwarded as they came to the raw output (and, without a workflow, to the processed one),
/// coded again for viewers who cannot play them so, and through the workflow's pipeline to the processed output. Written to by
/// the publisher's event loop only, until it is stopped.
/// </summary>
internal sealed class StreamInput : IKeyFrameSource, IAsyncDisposable
{
    private readonly RelayStream _stream;
    private readonly VideoPipeline? _pipeline;
    private readonly bool _forwardsVideo;
    private readonly bool _forwardsAudio;
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

    /// <summary>Pictures forwarded without decoding to the processed output.</summary>
    public long ForwardedCount => Volatile.Read(ref _forwarded);

    /// <summary>Whether pictures are being coded again for viewers who cannot play them as they come.</summary>
    public bool IsTranscoding => _transcoder is { IsNeeded: true } || _rawTranscoder is { IsNeeded: true };

    /// <summary>Says who is asked for key frames: the publisher.</summary>
    public void SetKeyFrameSource(Action requestKeyFrame) => _requestKeyFrame = requestKeyFrame;

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
        _transcoder?.Complete();
        _rawTranscoder?.Complete();
        if (_pipeline is not null)
            await _pipeline.DisposeAsync().ConfigureAwait(false);
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
