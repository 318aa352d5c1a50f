using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Rtp;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>What an offer and its answer agreed on: all that a <see cref="PeerConnection"/> needs.</summary>
public sealed record NegotiatedSession
{
    /// <summary>Our ICE credentials; the user fragment is the key by which checks find the peer.</summary>
    public required IceCredentials LocalIce { get; init; }

    /// <summary>The peer's ICE credentials.</summary>
    public required IceCredentials RemoteIce { get; init; }

    /// <summary>Our role: the server is lite and controlled, the client is full and controlling (RFC 8445 6.1.1).</summary>
    public required IceRole IceRole { get; init; }

    /// <summary>The peer's candidates; hints only for a lite agent.</summary>
    public required IReadOnlyList<IceCandidate> RemoteCandidates { get; init; }

    /// <summary>The ICE options that the peer gave, which stay as they are (RFC 9725 4.3.3).</summary>
    public IReadOnlyList<string> RemoteIceOptions { get; init; } = [];

    /// <summary>The peer's <c>a=ice-pacing</c>, likewise; null without one.</summary>
    public string? RemoteIcePacing { get; init; }

    /// <summary>The lines by which a fragment of ours (RFC 8840) names this session's transport; "" in a client.</summary>
    public string FragmentHead { get; init; } = "";

    /// <summary>Our DTLS role: active is the client (RFC 5763).</summary>
    public required DtlsRole DtlsRole { get; init; }

    /// <summary>Fingerprints of the peer's certificate, of hash functions that we know; never empty.</summary>
    public required IReadOnlyList<Fingerprint> RemoteFingerprints { get; init; }

    /// <summary>The accepted audio and video sections in the order of the offer; at most one of each kind.</summary>
    public required IReadOnlyList<NegotiatedMedia> Media { get; init; }

    /// <summary>The section of that kind, or null.</summary>
    public NegotiatedMedia? Find(MediaKind kind)
    {
        // By index: the enumerator of an interface is allocated, and this is asked for every frame.
        for (int i = 0; i < Media.Count; i++)
        {
            if (Media[i].Kind == kind)
                return Media[i];
        }

        return null;
    }
}
