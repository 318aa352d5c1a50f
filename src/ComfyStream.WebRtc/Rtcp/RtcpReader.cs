namespace ComfyStream.WebRtc.Rtcp;

/// <summary>
/// Walks a compound packet (RFC 3550 6.1) or a reduced-size one (RFC 5506). Lenient: what stands before a broken packet is
/// returned, the rest is dropped; unknown types are returned and can be skipped.
/// </summary>
internal ref struct RtcpReader(ReadOnlySpan<byte> compound)
{
    private ReadOnlySpan<byte> _rest = compound;

    /// <summary>The packet that <see cref="MoveNext"/> found.</summary>
    public RtcpPacket Current { get; private set; }

    /// <summary>Whether something at the end was dropped.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>Goes to the next packet.</summary>
    public bool MoveNext()
    {
        if (_rest.IsEmpty)
            return false;

        if (!RtcpPacket.TryParse(_rest, out RtcpPacket packet, out int byteCount))
        {
            IsMalformed = true;
            _rest = default;
            return false;
        }

        Current = packet;
        _rest = _rest[byteCount..];
        return true;
    }
}
