namespace ComfyStream.WebRtc.Rtp;

/// <summary>Negotiated ids of the RTP header extensions that we know (RFC 8285); 0 means not negotiated.</summary>
public sealed record HeaderExtensionMap
{
    /// <summary>urn:ietf:params:rtp-hdrext:sdes:mid (RFC 9143).</summary>
    public const string MidUri = "urn:ietf:params:rtp-hdrext:sdes:mid";

    /// <summary>No extensions.</summary>
    public static HeaderExtensionMap Empty { get; } = new();

    /// <summary>Id of <see cref="MidUri"/>, 1 to 14 (one-byte form).</summary>
    public byte Mid { get; init; }
}
