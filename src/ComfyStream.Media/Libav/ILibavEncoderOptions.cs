namespace ComfyStream.Media.Libav;

/// <summary>What distinguishes one of libavcodec's encoders for <see cref="LibavVideoEncoder"/>. Immutable.</summary>
internal interface ILibavEncoderOptions
{
    /// <summary>What it writes.</summary>
    MediaCodec Codec { get; }

    /// <summary>Its name in libavcodec.</summary>
    ReadOnlySpan<byte> EncoderName { get; }

    /// <summary>Whether the stream says which colour matrix it uses; else that is BT.601.</summary>
    bool WritesMatrix { get; }

    /// <summary>Whether an open encoder follows a change of rate.</summary>
    bool TakesRateWhileRunning { get; }

    /// <summary>Sets what stays as it is while the encoder is open, except size and picture rate.</summary>
    void Set(CodecContext codec, in VideoEncoderSettings settings, bool isBt709);

    /// <summary>Sets the target and the buffer that bounds what a key frame may take.</summary>
    void SetRate(CodecContext codec, in VideoEncoderSettings settings, int bitRate);
}
