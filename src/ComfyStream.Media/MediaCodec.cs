namespace ComfyStream.Media;

/// <summary>Codecs of coded frames.</summary>
public enum MediaCodec
{
    /// <summary>H.264, access units in Annex B form.</summary>
    H264,

    /// <summary>Opus, one packet a frame, 48 kHz.</summary>
    Opus,

    /// <summary>VP8, one frame as RFC 6386 defines it. Its pictures are BT.601.</summary>
    Vp8,
}
