using ComfyStream.Media;
using ComfyStream.Streaming.Diagnostics;

namespace ComfyStream.Streaming.Pipeline;

/// <summary>
/// Encodes the workflow's pictures once for all viewers, on a thread of its own. The encoder follows the pictures' size and
/// rate: it is replaced, beginning with a key frame, when either changes.
/// </summary>
internal sealed class EncodeStage
{
    private const double AssumedFramesPerSecond = 30;
    private static readonly TimeSpan KeyFrameInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LeastKeyFrameInterval = TimeSpan.FromMilliseconds(500);

    private readonly LatestFrameSlot _input = new();
    private readonly AutoResetEvent _signal = new(false);
    private readonly ICodecFactory _codecs;
    private readonly int _bitRate;
    private readonly EncodedFramePool _encodedFrames;
    private readonly Action<EncodedFrame> _output;
    private readonly Action<Exception> _onFailure;
    private readonly FrameRateEstimator _frameRate = new(AssumedFramesPerSecond);
    private readonly Thread _thread;
    private IVideoEncoder? _encoder;
    private TimeSpan _lastKeyFrame;
    private int _keyFrameRequested;
    private volatile bool _completed;

    public EncodeStage(string channel, ICodecFactory codecs, int bitRate, EncodedFramePool encodedFrames, Action<EncodedFrame> output, Action<Exception> onFailure)
    {
        (_codecs, _bitRate, _encodedFrames, _output, _onFailure) = (codecs, bitRate, encodedFrames, output, onFailure);
        _thread = new Thread(Run) { Name = $"encode-{channel}", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Times of encoding.</summary>
    public StageTimes Times { get; } = new("encode");

    /// <summary>Where the workflow puts its pictures; <see cref="Signal"/> after each.</summary>
    public LatestFrameSlot Input => _input;

    /// <summary>Width of the pictures that are sent, 0 before the first.</summary>
    public int Width { get; private set; }

    /// <summary>Height of the pictures that are sent, 0 before the first.</summary>
    public int Height { get; private set; }

    /// <summary>Says that the input has a picture.</summary>
    public void Signal() => _signal.Set();

    /// <summary>Asks for a key frame (any thread): the next picture, or the first that is half a second after the last key frame.</summary>
    public void RequestKeyFrame() => Volatile.Write(ref _keyFrameRequested, 1);

    /// <summary>Stops the thread and frees the encoder. Nobody may publish any more.</summary>
    public void Complete()
    {
        _completed = true;
        _signal.Set();
        _thread.Join();
        _input.Take()?.Return();
        _encoder?.Dispose();
        _signal.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            _signal.WaitOne();
            if (_completed)
                return;
            if (_input.Take() is not { } frame)
                continue;

            try
            {
                Encode(frame);
            }
#pragma warning disable CA1031 // The boundary of a stage: the encoder is replaced at the next picture.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                _encoder?.Dispose();
                _encoder = null;
                _onFailure(failure);
            }
            finally
            {
                frame.Return();
            }
        }
    }

    private void Encode(VideoFrame frame)
    {
        StageTimes.Measurement begun = StageTimes.Begin();
        bool rateChanged = _frameRate.Observe(frame.MediaTime);
        if (_encoder is null || rateChanged || frame.Width != _encoder.Width || frame.Height != _encoder.Height)
            ReplaceEncoder(frame);

        // The interval is kept in media time, since the rate of processed frames varies with the machine's load.
        TimeSpan sinceKeyFrame = frame.MediaTime - _lastKeyFrame;
        bool forceKeyFrame = sinceKeyFrame >= (Volatile.Read(ref _keyFrameRequested) != 0 ? LeastKeyFrameInterval : KeyFrameInterval);
        if (!_encoder!.TryEncode(frame, forceKeyFrame, out EncodedFrame? encoded))
            return;

        if (encoded!.IsKeyFrame)
        {
            _lastKeyFrame = frame.MediaTime;
            Volatile.Write(ref _keyFrameRequested, 0);
        }

        Times.End(begun);
        _output(encoded);
    }

    private void ReplaceEncoder(VideoFrame frame)
    {
        _encoder?.Dispose();
        _encoder = null;
        _encoder = _codecs.CreateVideoEncoder(MediaCodec.H264, frame.Width, frame.Height, _frameRate.FramesPerSecond, _bitRate, _encodedFrames);
        (Width, Height) = (frame.Width, frame.Height);
        _lastKeyFrame = frame.MediaTime;
    }
}
