using ComfyStream.Media;
using ComfyStream.Streaming.Diagnostics;
using ComfyStream.Transport;

namespace ComfyStream.Streaming.Pipeline;

/// <summary>
/// A stream's running workflow: decode, process, encode, each stage on its own thread with one latest-frame slot between them.
/// Access units go in from the publisher's event loop; coded pictures come out on the encode thread.
/// </summary>
internal sealed class VideoPipeline : IAsyncDisposable
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(1);

    private readonly EncodeStage _encode;
    private readonly ProcessStage _process;
    private readonly DecodeStage _decode;
    private readonly Func<bool> _isWanted;
    private readonly Action<string> _onFailure;
    private volatile string _error = "";
    private long _lastReportTicks = -ReportInterval.Ticks;

    /// <param name="isWanted">
    /// Whether anybody watches: while nobody does, pictures are decoded (so that the next viewer starts at once) and dropped.
    /// </param>
    /// <param name="output">Receives each coded picture and owns it; on the encode thread.</param>
    /// <param name="requestKeyFrame">Asks the publisher for a key frame; on the decode thread or the publisher's loop.</param>
    /// <param name="onFailure">Told of failures, at most once a second; on the stage's thread.</param>
    public VideoPipeline(
        string channel, IWorkflow workflow, IFrameProcessor processor, PipelineResources resources, int bitRate,
        Func<bool> isWanted, Action<EncodedFrame> output, Action requestKeyFrame, Action<string> onFailure)
    {
        (_isWanted, _onFailure) = (isWanted, onFailure);
        IVideoDecoder decoder = resources.Codecs.CreateVideoDecoder(MediaCodec.H264, resources.VideoFrames);
        _encode = new EncodeStage(channel, resources.Codecs, bitRate, resources.EncodedFrames, output, failure => Fail("encode", failure));
        _process = new ProcessStage(channel, workflow, processor, resources.Inference, OnProcessed, failure => Fail("workflow", failure));
        _decode = new DecodeStage(channel, decoder, OnDecoded, requestKeyFrame, failure => Fail("decode", failure));
    }

    /// <summary>Pictures that left the workflow.</summary>
    public long ProcessedCount => _process.ProcessedCount;

    /// <summary>Pictures that a newer one replaced before a stage took them.</summary>
    public long ReplacedCount => _process.ReplacedCount + _encode.Input.ReplacedCount;

    /// <summary>Pictures that the workflow failed on, and access units that could not be decoded in time.</summary>
    public long FailedCount => _process.FailedCount + _decode.DiscardedCount;

    /// <summary>What failed last, or "".</summary>
    public string Error => _error;

    /// <summary>Width of the pictures that come out, 0 before the first.</summary>
    public int Width => _encode.Width;

    /// <summary>Height of the pictures that come out, 0 before the first.</summary>
    public int Height => _encode.Height;

    /// <summary>Hands an access unit over (takes it); on the publisher's event loop.</summary>
    public void Enqueue(EncodedFrame frame) => _decode.Enqueue(frame);

    /// <summary>Makes the next coded picture a key frame (any thread).</summary>
    public void RequestKeyFrame() => _encode.RequestKeyFrame();

    /// <summary>Times of the stages.</summary>
    public IEnumerable<StageTimes> Times => [_decode.Times, _process.Times, _encode.Times];

    /// <summary>Ends all stages, first to last; completes when the workflow has let go of its picture. Nobody may enqueue any more.</summary>
    public async ValueTask DisposeAsync()
    {
        _decode.Complete();
        try
        {
            await _process.CompleteAsync().ConfigureAwait(false);
        }
        finally
        {
            _encode.Complete();
        }
    }

    private void OnDecoded(VideoFrame frame)
    {
        // The first picture goes through in any case: it loads the model, and tells those who wait for it that the stream is ready.
        if (_isWanted() || _process.ProcessedCount + _process.FailedCount == 0)
            _process.Publish(frame);
        else
            frame.Return();
    }

    private void OnProcessed(VideoFrame frame)
    {
        _encode.Input.Publish(frame);
        _encode.Signal();
    }

    private void Fail(string stage, Exception failure)
    {
        string text = $"{stage}: {failure.Message}";
        bool isNew = text != _error;
        _error = text;
        long now = EventLoop.Now.Ticks;
        long last = Volatile.Read(ref _lastReportTicks);
        if (isNew && now - last >= ReportInterval.Ticks && Interlocked.CompareExchange(ref _lastReportTicks, now, last) == last)
            _onFailure(text);
    }
}
