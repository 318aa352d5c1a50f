using ComfyStream.Media;
using ComfyStream.Streaming.Diagnostics;
using ComfyStream.Transport;

namespace ComfyStream.Streaming.Pipeline;

/// <summary>
/// Encodes pictures once for all viewers, in each codec that they take, on a thread of its own. The encoders follow the pictures'
/// size and rate: they are replaced, beginning with a key frame, when either changes.
/// </summary>
internal sealed class EncodeStage
{
    private const double AssumedFramesPerSecond = 30;

    private readonly LatestFrameSlot _input = new();
    private readonly AutoResetEvent _signal = new(false);
    private readonly CodecEncoder[] _encoders;
    private readonly Func<MediaCodec, bool> _isWanted;
    private readonly Action<EncodedFrame> _output;
    private readonly FrameRateEstimator _frameRate = new(AssumedFramesPerSecond);
    private readonly Thread _thread;
    private volatile bool _completed;

    /// <param name="channel">Names the thread.</param>
    /// <param name="resources">Codecs and pools.</param>
    /// <param name="isWanted">Whether a viewer takes that codec; the first is coded first.</param>
    /// <param name="output">Receives each coded picture and owns it; on the encode thread.</param>
    /// <param name="onFailure">Told what an encoder failed with; on the encode thread.</param>
    public EncodeStage(
        string channel, PipelineResources resources, Func<MediaCodec, bool> isWanted, Action<EncodedFrame> output, Action<Exception> onFailure)
    {
        (_isWanted, _output) = (isWanted, output);
        _encoders = [new CodecEncoder(MediaCodec.H264, resources, onFailure), new CodecEncoder(MediaCodec.Vp8, resources, onFailure)];
        _thread = new Thread(Run) { Name = $"encode-{channel}", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Times of encoding.</summary>
    public StageTimes Times { get; } = new("encode");

    /// <summary>Pictures that a newer one replaced before they were coded.</summary>
    public long ReplacedCount => _input.ReplacedCount;

    /// <summary>Width of the pictures that are sent, 0 before the first.</summary>
    public int Width { get; private set; }

    /// <summary>Height of the pictures that are sent, 0 before the first.</summary>
    public int Height { get; private set; }

    /// <summary>Hands a picture over (takes it); any thread. After the end it goes back to its pool.</summary>
    public void Publish(VideoFrame frame)
    {
        _input.Publish(frame);
        if (_completed)
            _input.Take()?.Return();
        else
            _signal.Set();
    }

    /// <summary>Asks for a key frame (any thread): the next picture, or the first that is half a second after the last key frame.</summary>
    public void RequestKeyFrame(MediaCodec codec) => Array.Find(_encoders, encoder => encoder.Codec == codec)?.RequestKeyFrame();

    /// <summary>Makes the next picture a key frame in any case (any thread).</summary>
    public void BeginAnew()
    {
        foreach (CodecEncoder encoder in _encoders)
            encoder.BeginAnew();
    }

    /// <summary>Stops the thread and frees the encoders.</summary>
    public void Complete()
    {
        _completed = true;
        _signal.Set();
        _thread.Join();
        _input.Take()?.Return();
        foreach (CodecEncoder encoder in _encoders)
            encoder.Dispose();
    }

    private void Run()
    {
        PipelineThread.GiveWay();
        while (true)
        {
            _signal.WaitOne();
            if (_completed)
                return;
            if (_input.Take() is not { } frame)
                continue;

            StageTimes.Measurement begun = StageTimes.Begin();
            bool rateChanged = _frameRate.Observe(frame.MediaTime);
            (Width, Height) = (frame.Width, frame.Height);
            foreach (CodecEncoder encoder in _encoders)
                Encode(encoder, frame, rateChanged);
            Times.End(begun);
            frame.Return();
        }
    }

    private void Encode(CodecEncoder encoder, VideoFrame frame, bool rateChanged)
    {
        if (rateChanged || !_isWanted(encoder.Codec))
            encoder.Stop();
        if (_isWanted(encoder.Codec) && encoder.TryEncode(EventLoop.Now, frame, _frameRate.FramesPerSecond, out EncodedFrame? encoded))
            _output(encoded);
    }
}
