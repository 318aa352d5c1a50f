using System.Diagnostics.CodeAnalysis;
using ComfyStream.Media;

namespace ComfyStream.Streaming.Pipeline;

/// <summary>
/// Encodes pictures in one codec, with key frames by the relay's policy, and gets over an encoder that fails: it is replaced after
/// a pause. Owned by the encode thread; key frames are asked for from any.
/// </summary>
internal sealed class CodecEncoder(MediaCodec codec, PipelineResources resources, Action<Exception> onFailure) : IDisposable
{
    private const int NotRequested = 0;
    private const int Requested = 1;
    private const int RequestedAtOnce = 2;
    private static readonly TimeSpan KeyFrameInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LeastKeyFrameInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(500);

    private IVideoEncoder? _encoder;
    private TimeSpan _lastKeyFrame;
    private TimeSpan _retryAt;
    private int _keyFrameRequest;

    /// <summary>What it writes.</summary>
    public MediaCodec Codec => codec;

    /// <summary>Asks for a key frame: the next picture, or the first that is half a second after the last key frame.</summary>
    public void RequestKeyFrame() => Interlocked.CompareExchange(ref _keyFrameRequest, Requested, NotRequested);

    /// <summary>Makes the next picture a key frame in any case.</summary>
    public void BeginAnew() => Volatile.Write(ref _keyFrameRequest, RequestedAtOnce);

    /// <summary>Encodes a picture (borrowed). False when the encoder skipped it, failed, or rests after a failure.</summary>
    public bool TryEncode(TimeSpan now, VideoFrame frame, double framesPerSecond, [NotNullWhen(true)] out EncodedFrame? encoded)
    {
        encoded = null;
        if (now < _retryAt)
            return false;

        try
        {
            return TryEncode(frame, framesPerSecond, out encoded);
        }
#pragma warning disable CA1031 // The boundary of a stage: the encoder is replaced at a later picture.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            Stop();
            _retryAt = now + RetryInterval;
            onFailure(failure);
            return false;
        }
    }

    /// <summary>Frees the encoder; the next picture begins with a new one.</summary>
    public void Stop()
    {
        _encoder?.Dispose();
        _encoder = null;
    }

    public void Dispose() => Stop();

    private bool TryEncode(VideoFrame frame, double framesPerSecond, [NotNullWhen(true)] out EncodedFrame? encoded)
    {
        if (_encoder is null || frame.Width != _encoder.Width || frame.Height != _encoder.Height)
        {
            Stop();
            _encoder = resources.Codecs.CreateVideoEncoder(codec, frame.Width, frame.Height, framesPerSecond, resources.BitRate, resources.EncodedFrames);
            _lastKeyFrame = frame.MediaTime;
        }

        int request = Volatile.Read(ref _keyFrameRequest);
        if (!_encoder.TryEncode(frame, IsKeyFrameDue(frame.MediaTime, request), out encoded))
            return false;
        if (encoded!.IsKeyFrame)
        {
            _lastKeyFrame = frame.MediaTime;

            // One that came while this picture was coded stays.
            Interlocked.CompareExchange(ref _keyFrameRequest, NotRequested, request);
        }

        return true;
    }

    // The interval is kept in media time, since the rate of processed frames varies with the machine's load.
    private bool IsKeyFrameDue(TimeSpan mediaTime, int request)
    {
        TimeSpan interval = request switch
        {
            RequestedAtOnce => TimeSpan.MinValue,
            Requested => LeastKeyFrameInterval,
            _ => KeyFrameInterval,
        };
        return mediaTime - _lastKeyFrame >= interval;
    }
}
