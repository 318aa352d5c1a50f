using ComfyStream.Media;
using ComfyStream.Streaming.Diagnostics;

namespace ComfyStream.Streaming.Pipeline;

/// <summary>Decodes a stream's access units on a thread of its own and hands the pictures to the workflow.</summary>
internal sealed class DecodeStage
{
    // A second of 30 fps video: enough for a burst after a lost packet was recovered.
    private const int QueueCapacity = 32;

    private readonly AccessUnitQueue _queue = new(QueueCapacity);
    private readonly PipelineResources _resources;
    private readonly Action<VideoFrame> _output;
    private readonly Action _requestKeyFrame;
    private readonly Action<Exception> _onFailure;
    private readonly Thread _thread;
    private IVideoDecoder? _decoder;
    private MediaCodec _codec;

    public DecodeStage(string channel, PipelineResources resources, Action<VideoFrame> output, Action requestKeyFrame, Action<Exception> onFailure)
    {
        (_resources, _output, _requestKeyFrame, _onFailure) = (resources, output, requestKeyFrame, onFailure);
        _thread = new Thread(Run) { Name = $"decode-{channel}", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Times of decoding.</summary>
    public StageTimes Times { get; } = new("decode");

    /// <summary>Access units that the decoder had no time for.</summary>
    public long DiscardedCount => _queue.DiscardedCount;

    /// <summary>Hands an access unit over (takes it), from the publisher's event loop.</summary>
    public void Enqueue(EncodedFrame frame)
    {
        if (!_queue.Enqueue(frame))
            _requestKeyFrame();
    }

    /// <summary>Stops the thread and frees the decoder. Nobody may enqueue any more.</summary>
    public void Complete()
    {
        _queue.Complete();
        _thread.Join();
        _queue.Drain();
        _decoder?.Dispose();
    }

    private void Run()
    {
        PipelineThread.GiveWay();
        while (_queue.Dequeue() is { } unit)
        {
            try
            {
                Decode(unit);
            }
#pragma warning disable CA1031 // The boundary of a stage: a decoder's failure is that stream's, not the relay's.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                _onFailure(failure);
                _requestKeyFrame();
            }
            finally
            {
                unit.Release();
            }
        }
    }

    private void Decode(EncodedFrame unit)
    {
        StageTimes.Measurement begun = StageTimes.Begin();
        if (_decoder is null || _codec != unit.Codec)
            ReplaceDecoder(unit.Codec);
        bool accepted = _decoder!.TryWrite(unit);
        while (_decoder.TryRead(out VideoFrame? frame))
            _output(frame!);
        Times.End(begun);
        if (!accepted)
            _requestKeyFrame();
    }

    // Publishers may change the codec with a key frame, and the next publisher may send another.
    private void ReplaceDecoder(MediaCodec codec)
    {
        _decoder?.Dispose();
        _decoder = null;
        _decoder = _resources.Codecs.CreateVideoDecoder(codec, _resources.VideoFrames);
        _codec = codec;
    }
}
