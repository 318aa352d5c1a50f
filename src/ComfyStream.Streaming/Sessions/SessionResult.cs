namespace ComfyStream.Streaming;

/// <summary>What became of an offer.</summary>
public enum SessionOutcome
{
    /// <summary>Accepted: answer and id are set.</summary>
    Created,

    /// <summary>Not SDP, or broken: 400.</summary>
    MalformedOffer,

    /// <summary>A valid offer that cannot be served (direction, codecs, bundle, setup, fingerprint), or a workflow that cannot run: 422.</summary>
    Unsupported,

    /// <summary>The stream name breaks the rules: 400.</summary>
    InvalidName,

    /// <summary>No such stream can be watched (raw is off, or an unknown pipeline): 404.</summary>
    NotFound,

    /// <summary>The channel is as the policy does not allow: it has a publisher, or a viewer came before there was one. 409.</summary>
    Conflict,

    /// <summary>A limit was reached: 503.</summary>
    Overloaded,
}

/// <summary>Answer to an offer.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Id">Resource id, 43 URL-safe characters of 32 random bytes; "" unless created.</param>
/// <param name="AnswerSdp">The SDP answer; "" unless created.</param>
/// <param name="Detail">What is wrong and what to do; "" when created.</param>
public sealed record SessionResult(SessionOutcome Outcome, string Id, string AnswerSdp, string Detail)
{
    /// <summary>Names the session's ICE session, until a restart; "" unless created.</summary>
    public string IceTag { get; init; } = "";
}
