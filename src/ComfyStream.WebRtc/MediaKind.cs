namespace ComfyStream.WebRtc;

/// <summary>Sound or picture: at most one section of each is negotiated (WHIP and WHEP allow no more).</summary>
public enum MediaKind
{
    /// <summary>Sound.</summary>
    Audio,

    /// <summary>Picture.</summary>
    Video,
}
