namespace ComfyStream.WebRtc.Stun;

/// <summary>The error codes that an ICE agent answers with (RFC 8489 section 14.8, RFC 8445 section 16.2).</summary>
internal enum StunErrorCode : ushort
{
    None = 0,
    BadRequest = 400,
    UnknownAttribute = 420,
    RoleConflict = 487,
}
