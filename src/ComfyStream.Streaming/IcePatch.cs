namespace ComfyStream.Streaming;

/// <summary>What a client tells of its ICE in a running session.</summary>
/// <param name="Fragment">The SDP fragment (RFC 8840 9).</param>
/// <param name="Tags">The ICE sessions that it may be meant for, by <see cref="SessionResult.IceTag"/>; "*" is whichever it is; null: nothing was said.</param>
/// <param name="IsStrict">Whether even candidates for the current ICE session are refused when <paramref name="Tags"/> is null.</param>
public sealed record IcePatch(string Fragment, IReadOnlyList<string>? Tags, bool IsStrict);

/// <summary>What became of an <see cref="IcePatch"/>.</summary>
public enum IcePatchOutcome
{
    /// <summary>Candidates of the current ICE session: 204.</summary>
    Trickled,

    /// <summary>ICE was restarted: 200 with our fragment and the new tag.</summary>
    Restarted,

    /// <summary>Broken, or against what was agreed: 400.</summary>
    Malformed,

    /// <summary>No such session: 404.</summary>
    NotFound,

    /// <summary>It is meant for another ICE session: 412.</summary>
    TagMismatch,

    /// <summary>It does not say which ICE session it is meant for: 428.</summary>
    TagRequired,

    /// <summary>The event loop has no room for it: 503; the session goes on as it was.</summary>
    Overloaded,
}

/// <summary>Answer to an <see cref="IcePatch"/>.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="IceTag">Names the new ICE session; "" unless restarted.</param>
/// <param name="Fragment">Our half of the new ICE session; "" unless restarted.</param>
/// <param name="Detail">What is wrong and what to do; "" when nothing is.</param>
public sealed record IcePatchResult(IcePatchOutcome Outcome, string IceTag = "", string Fragment = "", string Detail = "");
