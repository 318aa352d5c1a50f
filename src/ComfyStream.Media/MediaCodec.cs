namespace ComfyStream.Media;

/// <summary>Codecs of coded frames.</summary>
public enum MediaCodec
{
    /// <summary>H.264, access units in Annex B form.</summary>
    H264,

    /// <summary>Opus, one packet a frame, 48 kHz.</summary>
    Opus,
}
