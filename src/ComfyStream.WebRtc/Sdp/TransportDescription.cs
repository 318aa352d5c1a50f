using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>
/// The attributes that describe a transport. They stand at session or at media level; with BUNDLE all sections share one
/// transport (RFC 9143 7).
/// </summary>
internal sealed class TransportDescription
{
    public string? UserFragment { get; set; }

    public string? Password { get; set; }

    /// <summary>Fingerprints of hash functions that we know.</summary>
    public List<Fingerprint> Fingerprints { get; init; } = [];

    /// <summary>Names of hash functions that are too weak or unknown, for messages.</summary>
    public List<string> UnusableFingerprints { get; init; } = [];

    /// <summary>Value of <c>a=setup</c> as written.</summary>
    public string? Setup { get; set; }

    public List<string> IceOptions { get; init; } = [];

    public List<IceCandidate> Candidates { get; init; } = [];

    public bool EndOfCandidates { get; set; }

    public bool RtcpMux { get; set; }

    /// <summary>This transport with what it lacks taken from <paramref name="defaults"/>; user fragment and password stay a pair.</summary>
    public TransportDescription WithDefaults(TransportDescription defaults)
    {
        TransportDescription credentials = UserFragment is null && Password is null ? defaults : this;
        TransportDescription fingerprints = Fingerprints.Count + UnusableFingerprints.Count == 0 ? defaults : this;
        return new TransportDescription
        {
            UserFragment = credentials.UserFragment,
            Password = credentials.Password,
            Fingerprints = fingerprints.Fingerprints,
            UnusableFingerprints = fingerprints.UnusableFingerprints,
            Setup = Setup ?? defaults.Setup,
            IceOptions = IceOptions.Count == 0 ? defaults.IceOptions : IceOptions,
            Candidates = [.. Candidates.Union(defaults.Candidates).Take(SdpLimits.MaxCandidates)],
            EndOfCandidates = EndOfCandidates || defaults.EndOfCandidates,
            RtcpMux = RtcpMux || defaults.RtcpMux,
        };
    }
}
