namespace ComfyStream.WebRtc.Stun;

/// <summary>The two class bits of the message type, in their place (RFC 8489 section 5).</summary>
internal enum StunClass : ushort
{
    Request = 0x0000,
    Indication = 0x0010,
    SuccessResponse = 0x0100,
    ErrorResponse = 0x0110,
}
