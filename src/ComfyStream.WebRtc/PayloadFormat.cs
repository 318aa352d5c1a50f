namespace ComfyStream.WebRtc;

/// <summary>The codecs that frames are carried in, each with its RTP payload format.</summary>
public enum PayloadFormat
{
    /// <summary>H.264 (RFC 6184); frames are access units in byte stream form (annex B).</summary>
    H264,

    /// <summary>VP8 (RFC 7741); frames as RFC 6386 defines them.</summary>
    Vp8,

    /// <summary>Opus (RFC 7587); a frame is one packet.</summary>
    Opus,
}

/// <summary>What is known of each <see cref="PayloadFormat"/>.</summary>
public static class PayloadFormats
{
    /// <summary>Number of formats, for tables by format.</summary>
    internal const int Count = 3;

    /// <summary>Sound or picture.</summary>
    public static MediaKind Kind(this PayloadFormat format) => format == PayloadFormat.Opus ? MediaKind.Audio : MediaKind.Video;

    /// <summary>The format of an encoding name (RFC 8866 6.6), or null for others.</summary>
    internal static PayloadFormat? Find(string encodingName) => encodingName switch
    {
        _ when encodingName.Equals("H264", StringComparison.OrdinalIgnoreCase) => PayloadFormat.H264,
        _ when encodingName.Equals("VP8", StringComparison.OrdinalIgnoreCase) => PayloadFormat.Vp8,
        _ when encodingName.Equals("opus", StringComparison.OrdinalIgnoreCase) => PayloadFormat.Opus,
        _ => null,
    };
}
