namespace ComfyStream.WebRtc.Ice;

/// <summary>What our side of ICE is.</summary>
public enum IceRole
{
    /// <summary>ICE-lite: host candidates only, answers checks, always controlled (RFC 8445 2.5).</summary>
    LiteControlled,

    /// <summary>Sends checks and nominates (regular nomination, RFC 8445 8.1.1).</summary>
    FullControlling,
}
