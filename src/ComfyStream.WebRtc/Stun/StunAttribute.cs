namespace ComfyStream.WebRtc.Stun;

/// <summary>One attribute where it lies in its message.</summary>
internal readonly ref struct StunAttribute(StunAttributeType type, int offset, ReadOnlySpan<byte> value)
{
    public StunAttributeType Type { get; } = type;

    /// <summary>Where its header starts, from the start of the message.</summary>
    public int Offset { get; } = offset;

    /// <summary>The value without its padding.</summary>
    public ReadOnlySpan<byte> Value { get; } = value;

    /// <summary>Whether a receiver that does not know it must refuse the request (RFC 8489 section 14).</summary>
    public bool IsComprehensionRequired => (ushort)Type < 0x8000;
}
