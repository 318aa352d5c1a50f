using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Sdp;

namespace ComfyStream.Streaming.Sessions;

/// <summary>
/// Decides what a fragment of the client's ICE means, and restarts. Owned by the peer's loop.
/// What it is, its credentials say: clients in the field send <c>If-Match: *</c> with plain candidates, or nothing.
/// </summary>
internal sealed class IceRestarts(PeerConnection peer, Func<IReadOnlyList<IceCandidate>> candidates)
{
    /// <summary>Any ICE session.</summary>
    public const string AnyTag = "*";

    private const int MostPastUserFragments = 8;

    // A candidate that was on its way during a restart is late, not a restart back.
    private Queue<string>? _pastUserFragments;

    /// <summary>The name of the peer's ICE session: what no other has, and no secret.</summary>
    public static string TagOf(PeerConnection peer) => peer.LocalUserFragment;

    public IcePatchResult Apply(IceFragment fragment, IcePatch patch)
    {
        NegotiatedSession session = peer.Session;
        if (FindBreach(fragment, session) is { } breach)
            return new IcePatchResult(IcePatchOutcome.Malformed, Detail: breach);

        bool isRestart = fragment.Credentials != session.RemoteIce;
        if (patch.Tags is null && (isRestart || patch.IsStrict))
            return new IcePatchResult(IcePatchOutcome.TagRequired, Detail: "If-Match is required: the ETag of the session for its candidates, * for an ICE restart (RFC 9725 4.3).");
        if (IsOfAnother(fragment, patch))
            return new IcePatchResult(IcePatchOutcome.TagMismatch, Detail: "This is for an ICE session that is over, or was never there: ICE was restarted since. Use the ETag of the last restart.");

        // A candidate is a hint to a lite agent, which sends no checks: it learns the client's addresses from the client's checks.
        return isRestart ? Restart(fragment.Credentials) : new IcePatchResult(IcePatchOutcome.Trickled);
    }

    private static string? FindBreach(IceFragment fragment, NegotiatedSession session)
    {
        if (fragment.IceLite)
            return "The fragment is ICE-lite, and the offer was not: that cannot change within a session.";
        if (fragment.IceOptions.Count > 0 && !fragment.IceOptions.ToHashSet().SetEquals(session.RemoteIceOptions))
            return "a=ice-options are not those of the offer: they cannot change within a session (RFC 9725 4.3.3).";
        if (fragment.IcePacing is { } pacing && pacing != session.RemoteIcePacing)
            return "a=ice-pacing is not that of the offer: it cannot change within a session (RFC 9725 4.3.3).";

        IceCredentials known = session.RemoteIce;
        bool isSameName = fragment.Credentials.UserFragment == known.UserFragment;
        bool isSamePassword = fragment.Credentials.Password == known.Password;
        return isSameName != isSamePassword
            ? "Only one of a=ice-ufrag and a=ice-pwd is new: candidates come with both as they are, a restart with both new (RFC 8839 4.4.3)."
            : null;
    }

    private bool IsOfAnother(IceFragment fragment, IcePatch patch) =>
        _pastUserFragments?.Contains(fragment.Credentials.UserFragment) == true
        || (patch.Tags is { } tags && !tags.Contains(AnyTag) && !tags.Contains(TagOf(peer)));

    private IcePatchResult Restart(IceCredentials remote)
    {
        string past = peer.Session.RemoteIce.UserFragment;
        int owner = IceCredentials.OwnerOf(peer.LocalUserFragment);
        if (!peer.RestartIce(IceCredentials.Create(owner), remote))
            return new IcePatchResult(IcePatchOutcome.NotFound);

        _pastUserFragments ??= new Queue<string>(MostPastUserFragments);
        if (_pastUserFragments.Count == MostPastUserFragments)
            _pastUserFragments.Dequeue();
        _pastUserFragments.Enqueue(past);
        return new IcePatchResult(IcePatchOutcome.Restarted, TagOf(peer), IceFragmentWriter.Write(peer.Session, candidates()));
    }
}
