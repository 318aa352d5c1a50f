using ComfyStream.Media;
using ComfyStream.Streaming.Pipeline;
using ComfyStream.Transport;

namespace ComfyStream.Streaming.Streams;

/// <summary>
/// What one publisher's frames go into: forwarded as they came to the raw output (and, without a workflow, to the processed one),
/// and through the workflow's pipeline to the processed output. Written to by the publisher's event loop only, until it is stopped.
/// </summary>
internal sealed class StreamInput
{
    private readonly StreamOutputs _outputs;
    private readonly VideoPipeline? _pipeline;
    private readonly bool _forwardsVideo;
    private readonly bool _forwardsAudio;
    private readonly AudioDelayLine _audioDelay = new();
    private Action _requestKeyFrame = static () => { };
    private long _forwarded;
    private volatile bool _isCut;

    /// <param name="workflow">What is forwarded: its input if it is passthrough, and sound if it gives any.</param>
    /// <param name="makePipeline">Makes the pipeline around its output; null when no picture is processed.</param>
    public StreamInput(StreamOutputs outputs, IWorkflow workflow, Func<StreamInput, VideoPipeline>? makePipeline)
    {
        _outputs = outputs;
        _forwardsVideo = workflow.IsPassthrough;
        _forwardsAudio = workflow.HasAudioOutput;
        _pipeline = makePipeline?.Invoke(this);
    }

    /// <summary>The running workflow; null when the stream is forwarded.</summary>
    public VideoPipeline? Pipeline => _pipeline;

    /// <summary>Pictures forwarded without decoding to the processed output.</summary>
    public long ForwardedCount => Volatile.Read(ref _forwarded);

    /// <summary>Says who is asked for key frames: the publisher.</summary>
    public void SetKeyFrameSource(Action requestKeyFrame) => _requestKeyFrame = requestKeyFrame;

    /// <summary>Asks the publisher for a key frame (any thread).</summary>
    public void RequestSourceKeyFrame() => _requestKeyFrame();

    /// <summary>Asks for a key frame of the processed output (any thread).</summary>
    public void RequestProcessedKeyFrame()
    {
        if (_pipeline is null)
            _requestKeyFrame();
        else
            _pipeline.RequestKeyFrame();
    }

    /// <summary>Takes an access unit.</summary>
    public void WriteVideo(EncodedFrame frame)
    {
        if (!_isCut)
        {
            if (_pipeline is not null)
            {
                _outputs.PublishRaw(frame);
                _pipeline.Enqueue(frame);
                return;
            }

            Forward(frame, _forwardsVideo);
            if (_forwardsVideo)
                Interlocked.Increment(ref _forwarded);
        }

        frame.Release();
    }

    /// <summary>Takes a sound packet.</summary>
    public void WriteAudio(EncodedFrame frame)
    {
        if (_isCut || _pipeline is null || !_forwardsAudio)
        {
            if (!_isCut)
                Forward(frame, _forwardsAudio);
            frame.Release();
            return;
        }

        _outputs.PublishRaw(frame);
        _audioDelay.SetLatency(_outputs.ProcessedLatency);
        _audioDelay.Add(frame);
        while (_audioDelay.TryTake(EventLoop.Now, out EncodedFrame? due))
        {
            _outputs.PublishProcessed(due!);
            due!.Release();
        }
    }

    /// <summary>Sends a picture of the workflow (takes it); on the encode thread.</summary>
    public void PublishEncoded(EncodedFrame frame)
    {
        if (_isCut)
            frame.Release();
        else
            _outputs.PublishEncoded(frame);
    }

    /// <summary>Nothing more reaches the outputs, which are the next publisher's (any thread).</summary>
    public void Cut() => _isCut = true;

    /// <summary>Ends the input, on the publisher's event loop: nothing is written after it.</summary>
    public void Stop()
    {
        Cut();
        _audioDelay.Clear();
    }

    private void Forward(EncodedFrame frame, bool isProcessedToo)
    {
        if (isProcessedToo)
            _outputs.PublishToBoth(frame);
        else
            _outputs.PublishRaw(frame);
    }
}
