namespace ComfyStream.WebRtc.Sdp;

/// <summary>H.264 profiles that RTP endpoints tell apart (RFC 6184 8.1, table 5).</summary>
public enum H264Profile
{
    /// <summary>Profile 66 with constraint_set1, or its equals: what every WebRTC endpoint decodes.</summary>
    ConstrainedBaseline,

    /// <summary>Profile 66.</summary>
    Baseline,

    /// <summary>Profile 77.</summary>
    Main,

    /// <summary>Profile 100 with constraint sets 4 and 5.</summary>
    ConstrainedHigh,

    /// <summary>Profile 100.</summary>
    High,

    /// <summary>Anything else: Extended, High 10, High 4:2:2, High 4:4:4.</summary>
    Other,
}
