using ComfyStream.WebRtc.Ice;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>What a fragment of a session description (<c>application/trickle-ice-sdpfrag</c>, RFC 8840 9) says of the peer's ICE.</summary>
/// <param name="Credentials">Which ICE session it is of: one that is known, or a new one, which is a restart.</param>
/// <param name="Candidates">The candidates that can be used, at most as many as an offer may have.</param>
/// <param name="EndOfCandidates">Whether no more will come.</param>
/// <param name="IceLite">Whether the peer says to be lite.</param>
/// <param name="IceOptions">Its options; empty when it names none.</param>
/// <param name="IcePacing">Its pacing, or null.</param>
public sealed record IceFragment(
    IceCredentials Credentials,
    IReadOnlyList<IceCandidate> Candidates,
    bool EndOfCandidates,
    bool IceLite,
    IReadOnlyList<string> IceOptions,
    string? IcePacing);
