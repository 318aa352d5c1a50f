namespace ComfyStream.WebRtc.Sdp;

/// <summary>Why a negotiation failed.</summary>
public enum NegotiationFailure
{
    /// <summary>Not SDP, or broken SDP (HTTP 400).</summary>
    Malformed,

    /// <summary>Valid SDP that we cannot serve (HTTP 422).</summary>
    Unsupported,
}

/// <summary>What became of an offer or an answer.</summary>
public abstract record NegotiationResult
{
    private NegotiationResult()
    {
    }

    /// <summary>It was agreed.</summary>
    /// <param name="AnswerSdp">The answer, CRLF line ends.</param>
    /// <param name="Session">What was agreed, for a <see cref="PeerConnection"/>.</param>
    /// <param name="Notes">Sentences for log and statistics: what was offered and is not given, and why.</param>
    public sealed record Success(string AnswerSdp, NegotiatedSession Session, IReadOnlyList<string> Notes) : NegotiationResult;

    /// <summary>It was refused.</summary>
    /// <param name="Reason">The kind of failure.</param>
    /// <param name="Detail">What is wrong, where, and what to do.</param>
    public sealed record Failure(NegotiationFailure Reason, string Detail) : NegotiationResult;
}
