namespace ComfyStream.WebRtc.Ice;

/// <summary>A candidate as <c>a=candidate</c> describes it (RFC 8839 5.1), with a literal address.</summary>
/// <param name="Foundation">1 to 32 ice-chars.</param>
/// <param name="IsTcp">TCP (RFC 6544) instead of UDP.</param>
/// <param name="Priority">RFC 8445 5.1.2.</param>
/// <param name="Address">Address and port.</param>
/// <param name="Type">host, srflx, prflx or relay.</param>
public sealed record IceCandidate(string Foundation, bool IsTcp, uint Priority, TransportAddress Address, string Type = "host");
