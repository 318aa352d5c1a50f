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

    // Where browsers have theirs: below everything over UDP, also below its server-reflexive candidates (100).
    private const uint TcpHostTypePreference = 90;

    // RFC 6544 4.2: of the 16 bits of local preference the upper 3 tell the direction, and passive is 4.
    private const int PassiveDirection = 4 << 13;
    private const int OtherPreferenceMask = (1 << 13) - 1;

    /// <summary>The priority of a host candidate (RFC 8445 5.1.2.1), below 2^31.</summary>
    /// <param name="localPreference">0 to 65535, higher is better, another one for each address of a multihomed host.</param>
    public static uint ComputeHostPriority(int localPreference) => ComputePriority(HostTypePreference, localPreference);

    /// <summary>The priority of a passive TCP host candidate (RFC 6544 4.2): below those of UDP, which loses packets instead of delaying them.</summary>
    /// <param name="localPreference">0 to 8191, higher is better, another one for each address of a multihomed host.</param>
    public static uint ComputePassiveTcpPriority(int localPreference)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(localPreference, OtherPreferenceMask);
        return ComputePriority(TcpHostTypePreference, PassiveDirection | localPreference);
    }

    /// <summary>The highest local preference of <see cref="ComputePassiveTcpPriority"/>.</summary>
    public const int MaxTcpLocalPreference = OtherPreferenceMask;

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
