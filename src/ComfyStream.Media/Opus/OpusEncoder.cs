namespace ComfyStream.Media.Opus;

/// <summary>Encodes 48 kHz stereo sound, 20 ms a packet. Owned by one thread.</summary>
public sealed unsafe class OpusEncoder : IDisposable
{
    /// <summary>Samples a second and channel.</summary>
    public const int SampleRate = 48_000;

    /// <summary>Interleaved channels: left, right.</summary>
    public const int ChannelCount = 2;

    /// <summary>Samples per channel in one packet.</summary>
    public const int SamplesPerFrame = SampleRate / 50;

    private const int ApplicationAudio = 2049;
    private const int ApplicationLowDelay = 2051;
    private const int SetBitRate = 4002;

    /// <summary>The largest that a packet of one Opus frame can be (RFC 6716, section 3.4), and a byte of table of contents.</summary>
    private const int MaxPacketBytes = 1276;

    private readonly EncodedFramePool _frames;
    private nint _encoder;

    /// <summary>Makes an encoder.</summary>
    /// <param name="bitRate">Target in bit/s, 6000 to 510000.</param>
    /// <param name="frames">Where the packets come from.</param>
    /// <param name="isLowDelay">Saves 4 ms of delay for some quality at low rates.</param>
    /// <exception cref="MediaException">libopus is not installed or refuses the bit rate.</exception>
    public OpusEncoder(int bitRate, EncodedFramePool frames, bool isLowDelay = false)
    {
        OpusLibrary.EnsureLoaded();
        _frames = frames;
        int error;
        _encoder = OpusLibrary.opus_encoder_create(SampleRate, ChannelCount, isLowDelay ? ApplicationLowDelay : ApplicationAudio, &error);
        OpusLibrary.ThrowIfNegative(error, "making an encoder");
        int result = OpusLibrary.opus_encoder_ctl(_encoder, SetBitRate, bitRate);
        if (result >= 0)
            return;
        Dispose();
        OpusLibrary.ThrowIfNegative(result, $"setting {bitRate} bit/s");
    }

    /// <summary>Encodes 20 ms; the caller owns the result.</summary>
    /// <param name="samples">Left and right by turns, -1 to 1: <see cref="SamplesPerFrame"/> of each.</param>
    /// <param name="mediaTime">Capture time of the first sample.</param>
    /// <exception cref="ArgumentException">Not 20 ms of samples.</exception>
    /// <exception cref="MediaException">libopus failed.</exception>
    public EncodedFrame Encode(ReadOnlySpan<float> samples, TimeSpan mediaTime)
    {
        if (samples.Length != SamplesPerFrame * ChannelCount)
            throw new ArgumentException($"A packet takes {SamplesPerFrame * ChannelCount} samples, not {samples.Length}.", nameof(samples));

        byte* packet = stackalloc byte[MaxPacketBytes];
        int byteCount;
        fixed (float* start = samples)
            byteCount = OpusLibrary.opus_encode_float(_encoder, start, SamplesPerFrame, packet, MaxPacketBytes);
        OpusLibrary.ThrowIfNegative(byteCount, "encoding");

        EncodedFrame frame = _frames.Rent(byteCount);
        new ReadOnlySpan<byte>(packet, byteCount).CopyTo(frame.WritableData);
        frame.Codec = MediaCodec.Opus;
        frame.IsKeyFrame = true;
        (frame.MediaTime, frame.FirstArrival, frame.LastArrival) = (mediaTime, default, default);
        return frame;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_encoder != 0)
            OpusLibrary.opus_encoder_destroy(_encoder);
        _encoder = 0;
    }
}
