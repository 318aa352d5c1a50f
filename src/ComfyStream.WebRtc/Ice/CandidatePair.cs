using ComfyStream.WebRtc.Stun;

namespace ComfyStream.WebRtc.Ice;

/// <summary>How far a controlling agent has come with a <see cref="CandidatePair"/> (RFC 8445 section 6.1.2.6, with nomination).</summary>
internal enum CandidatePairState
{
    /// <summary>No check is under way.</summary>
    Waiting,

    /// <summary>A check was sent and not answered yet.</summary>
    InProgress,

    /// <summary>A check was answered.</summary>
    Succeeded,

    /// <summary>A check with USE-CANDIDATE was sent and not answered yet.</summary>
    Nominating,

    /// <summary>The nomination was answered: data flows here.</summary>
    Selected,

    /// <summary>The peer refused the check.</summary>
    Failed,
}

/// <summary>A local and a remote address to be tried by a controlling agent, and its one outstanding transaction.</summary>
internal sealed class CandidatePair(TransportPath path, ulong priority)
{
    /// <summary>The local end becomes the one that the answer hit, which a wildcard socket learns only then.</summary>
    public TransportPath Path { get; set; } = path;

    public ulong Priority { get; } = priority;

    public CandidatePairState State { get; set; }

    /// <summary>The peer's own check came on this pair, so that it most likely works (RFC 8445 section 6.1.4.1).</summary>
    public bool IsTriggered { get; set; }

    public StunTransactionId TransactionId { get; private set; }

    /// <summary>How often the transaction's request was sent.</summary>
    public int SendCount { get; private set; }

    /// <summary>When the request is sent again unless an answer comes.</summary>
    public TimeSpan NextSend { get; private set; }

    public bool AwaitsAnswer => State is CandidatePairState.InProgress or CandidatePairState.Nominating;

    /// <summary>Begins a transaction whose request is to be sent at <paramref name="firstSend"/>.</summary>
    public void BeginTransaction(TimeSpan firstSend)
    {
        TransactionId = StunTransactionId.Create();
        SendCount = 0;
        NextSend = firstSend;
    }

    public void CountSend(TimeSpan nextSend)
    {
        SendCount++;
        NextSend = nextSend;
    }

    /// <summary>The pair's priority (RFC 8445 section 6.1.2.3).</summary>
    public static ulong ComputePriority(uint controlling, uint controlled) =>
        ((ulong)Math.Min(controlling, controlled) << 32) + (2UL * Math.Max(controlling, controlled)) + (controlling > controlled ? 1UL : 0UL);
}
