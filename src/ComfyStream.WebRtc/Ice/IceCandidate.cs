namespace ComfyStream.WebRtc.Ice;

/// <summary>A candidate as <c>a=candidate</c> describes it (RFC 8839 5.1), with a literal address.</summary>
/// <param name="Foundation">1 to 32 ice-chars.</param>
/// <param name="IsTcp">TCP (RFC 6544) instead of UDP.</param>
/// <param name="Priority">RFC 8445 5.1.2.</param>
/// <param name="Address">Address and port.</param>
/// <param name="Type">host, srflx, prflx or relay.</param>
public sealed record IceCandidate(string Foundation, bool IsTcp, uint Priority, TransportAddress Address, string Type = "host")
{
    /// <summary>The highest local preference: for the only address of its kind.</summary>
    public const int MaxLocalPreference = 65535;

    private const uint HostTypePreference = 126;
    private const uint PeerReflexiveTypePreference = 110;

    /// <summary>The priority of a host candidate (RFC 8445 5.1.2.1), below 2^31.</summary>
    /// <param name="localPreference">0 to 65535, higher is better, another one for each address of a multihomed host.</param>
    public static uint ComputeHostPriority(int localPreference) => ComputePriority(HostTypePreference, localPreference);

    /// <summary>The priority that a check announces for the peer-reflexive candidate which it may reveal (RFC 8445 7.1.1).</summary>
    /// <param name="localPreference">0 to 65535, that of the address that the check leaves from.</param>
    public static uint ComputePeerReflexivePriority(int localPreference) => ComputePriority(PeerReflexiveTypePreference, localPreference);

    private static uint ComputePriority(uint typePreference, int localPreference)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(localPreference);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(localPreference, MaxLocalPreference);

        // RTP and RTCP share one port: component 1 is the only one.
        return (typePreference << 24) | ((uint)localPreference << 8) | (256 - 1);
    }
}
