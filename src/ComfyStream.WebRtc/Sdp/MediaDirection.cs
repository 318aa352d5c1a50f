namespace ComfyStream.WebRtc.Sdp;

/// <summary>Direction attribute of a section (RFC 8866 6.7); the values are flags: bit 0 sends, bit 1 receives.</summary>
[Flags]
internal enum MediaDirection
{
    Inactive = 0,
    SendOnly = 1,
    RecvOnly = 2,
    SendRecv = SendOnly | RecvOnly,
}

internal static class MediaDirectionExtensions
{
    public static bool Sends(this MediaDirection direction) => (direction & MediaDirection.SendOnly) != 0;

    public static bool Receives(this MediaDirection direction) => (direction & MediaDirection.RecvOnly) != 0;

    /// <summary>The same direction seen from the other side.</summary>
    public static MediaDirection Reverse(this MediaDirection direction) => direction switch
    {
        MediaDirection.SendOnly => MediaDirection.RecvOnly,
        MediaDirection.RecvOnly => MediaDirection.SendOnly,
        _ => direction,
    };

    /// <summary>The attribute's name.</summary>
    public static string ToSdp(this MediaDirection direction) => direction switch
    {
        MediaDirection.SendOnly => "sendonly",
        MediaDirection.RecvOnly => "recvonly",
        MediaDirection.SendRecv => "sendrecv",
        _ => "inactive",
    };

    public static bool TryParse(ReadOnlySpan<char> text, out MediaDirection direction)
    {
        (bool known, direction) = text switch
        {
            "sendonly" => (true, MediaDirection.SendOnly),
            "recvonly" => (true, MediaDirection.RecvOnly),
            "sendrecv" => (true, MediaDirection.SendRecv),
            "inactive" => (true, MediaDirection.Inactive),
            _ => (false, MediaDirection.Inactive),
        };
        return known;
    }
}
