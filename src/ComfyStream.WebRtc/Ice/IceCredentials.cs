namespace ComfyStream.WebRtc.Ice;

/// <summary>ICE user fragment (4 to 256 ice-chars) and password (22 to 256), RFC 8839 5.4.</summary>
public sealed record IceCredentials(string UserFragment, string Password);
