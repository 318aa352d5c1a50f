using ComfyStream.Media;
using ComfyStream.Streaming.Diagnostics;
using ComfyStream.Streaming.Pipeline;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Packetization;

namespace ComfyStream.Streaming.Streams;

/// <summary>
/// What one publisher's frames go into: forwarded as they came to the raw output (and, without a workflow, to the processed one),
/// and through the workflow's pipeline to the processed output. Written to by the publisher's event loop only, until it is stopped.
/// </summary>
internal sealed class StreamInput
{
    private readonly StreamOutputs _outputs;
    private readonly VideoPipeline? _pipeline;
    private readonly AudioDelayLine _audioDelay = new();
    private Action _requestKeyFrame = static () => { };
    private long _forwarded;
    private bool _stopped;

    /// <param name="makePipeline">Makes the pipeline around its output; null forwards without decoding.</param>
    public StreamInput(StreamOutputs outputs, Func<StreamInput, VideoPipeline>? makePipeline)
    {
        _outputs = outputs;
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
        if (_pipeline is null)
        {
            Interlocked.Increment(ref _forwarded);
            _outputs.PublishToBoth(frame);
        }
        else
        {
            _outputs.PublishRaw(frame);
            if (!_stopped)
            {
                _pipeline.Enqueue(frame);
                return;
            }
        }

        frame.Release();
    }

    /// <summary>Takes a sound packet.</summary>
    public void WriteAudio(EncodedFrame frame)
    {
        if (_pipeline is null)
        {
            _outputs.PublishToBoth(frame);
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

    /// <summary>Ends the input, on the publisher's event loop: nothing is written after it.</summary>
    public void Stop()
    {
        _stopped = true;
        _audioDelay.Clear();
    }
}
