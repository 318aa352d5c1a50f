using System.Net;
using ComfyStream.WebRtc.Stun;

namespace ComfyStream.WebRtc.Ice;

/// <summary>
/// The controlling side's work (RFC 8445 sections 6.1.2, 7.2 and 8.1.1): pairs are checked at a pace, the first that answers is nominated,
/// the nominated one is kept alive by consent checks (RFC 7675). Owned by the thread of its <see cref="IceAgent"/>.
/// </summary>
internal sealed class ConnectivityCheckList(IReadOnlyList<IceCandidate> remoteCandidates, ulong tieBreaker, IceMessageQueue outgoing)
{
    public const int MaxPairs = 32;

    /// <summary>Between the first checks of two pairs: Ta of RFC 8445 section 14.2, well above its least value.</summary>
    public static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);

    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(15);
    public static readonly TimeSpan ConsentInterval = TimeSpan.FromSeconds(5);

    private const int MaxNominationSends = 4;

    private static readonly TimeSpan s_minRetransmission = TimeSpan.FromMilliseconds(500); // RFC 8445 section 14.3

    // Doubling (RFC 8489 section 6.2.1) ends here: with half of the answers lost, a longer wait would leave too few tries before giving up.
    private static readonly TimeSpan s_maxRetransmission = TimeSpan.FromSeconds(1);

    // Best first. One list of at most MaxPairs: searching it is cheaper than keeping an index.
    private readonly List<CandidatePair> _pairs = new(MaxPairs);
    private CandidatePair? _nominee;
    private TimeSpan? _giveUpAt;
    private TimeSpan _nextCheckAt;
    private TimeSpan _nextConsentAt;
    private uint _consentCount;

    /// <summary>Whether no pair could be selected in time; then no more checks are sent.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>When <see cref="HandleDeadline"/> has something to do: at once before it was called first.</summary>
    public TimeSpan NextDeadline
    {
        get
        {
            if (HasFailed)
                return TimeSpan.MaxValue;
            if (_giveUpAt is not { } earliest)
                return TimeSpan.Zero;
            if (IsSelected)
                return _nextConsentAt;

            foreach (CandidatePair pair in _pairs)
            {
                if (pair.State == CandidatePairState.Waiting)
                    earliest = Min(earliest, _nextCheckAt);
                else if (pair.AwaitsAnswer)
                    earliest = Min(earliest, pair.NextSend);
            }

            return earliest;
        }
    }

    private bool IsSelected => _nominee?.State == CandidatePairState.Selected;

    /// <summary>Pairs a local address with the remote UDP candidates of its family; the unspecified IPv6 address is of both.</summary>
    public void AddLocalAddress(TransportAddress local)
    {
        bool isAnyFamily = local == TransportAddress.From(IPAddress.IPv6Any, local.Port);
        foreach (IceCandidate remote in remoteCandidates)
        {
            if (!remote.IsTcp && (isAnyFamily || local.IsIPv4 == remote.Address.IsIPv4))
                AddPair(new TransportPath(local, remote.Address), remote.Priority);
        }
    }

    public void HandleDeadline(TimeSpan now)
    {
        _giveUpAt ??= now + GiveUpAfter;
        if (HasFailed)
            return;

        if (IsSelected)
        {
            if (now >= _nextConsentAt)
                SendConsentCheck(_nominee!, now);
        }
        else if (now >= _giveUpAt)
        {
            HasFailed = true;
        }
        else
        {
            RetransmitDue(now);
            SendNextCheck(now);
        }
    }

    /// <summary>The pair whose outstanding request this would be the answer to.</summary>
    public CandidatePair? FindByTransaction(StunTransactionId transactionId)
    {
        foreach (CandidatePair pair in _pairs)
        {
            if (pair.SendCount > 0 && pair.TransactionId == transactionId)
                return pair;
        }

        return null;
    }

    /// <summary>Handles the authenticated answer to a pair's request. True when the pair works.</summary>
    public bool HandleResponse(TimeSpan now, in TransportPath path, CandidatePair pair, in StunMessage response)
    {
        // An answer from elsewhere proves nothing about this pair (RFC 8445 section 7.2.5.2.1).
        if (path.Remote != pair.Path.Remote)
            return false;

        if (response.Class == StunClass.ErrorResponse)
        {
            HandleRefusal(now, pair, response.ErrorCode);
            return false;
        }

        pair.Path = path;
        if (pair.State == CandidatePairState.InProgress)
        {
            pair.State = CandidatePairState.Succeeded;
            if (_nominee is null)
                Nominate(pair, now);
        }
        else if (pair.State == CandidatePairState.Nominating)
        {
            pair.State = CandidatePairState.Selected;
            ScheduleConsentCheck(now);
        }

        return true;
    }

    /// <summary>The peer checked this path: it is checked from here next (RFC 8445 section 7.3.1.4), and added if it is new.</summary>
    public void HandlePeerCheck(in TransportPath path, uint? announcedPriority)
    {
        if (IsSelected)
            return;

        CandidatePair? pair = FindByRemote(path.Remote)
            ?? AddPair(path, announcedPriority ?? IceCandidate.ComputePeerReflexivePriority(IceCandidate.MaxLocalPreference));
        if (pair is null)
            return;

        pair.IsTriggered = true;
        if (pair.State == CandidatePairState.Failed)
            pair.State = CandidatePairState.Waiting;
    }

    private CandidatePair? FindByRemote(in TransportAddress remote)
    {
        foreach (CandidatePair pair in _pairs)
        {
            if (pair.Path.Remote == remote)
                return pair;
        }

        return null;
    }

    private CandidatePair? AddPair(in TransportPath path, uint remotePriority)
    {
        if (_pairs.Count == MaxPairs)
            return null;

        uint localPriority = IceCandidate.ComputeHostPriority(IceCandidate.MaxLocalPreference);
        var pair = new CandidatePair(path, CandidatePair.ComputePriority(localPriority, remotePriority));
        int index = 0;
        while (index < _pairs.Count && _pairs[index].Priority >= pair.Priority)
            index++;
        _pairs.Insert(index, pair);
        return pair;
    }

    private void RetransmitDue(TimeSpan now)
    {
        foreach (CandidatePair pair in _pairs)
        {
            if (!pair.AwaitsAnswer || now < pair.NextSend)
                continue;
            if (pair.State == CandidatePairState.Nominating && pair.SendCount == MaxNominationSends)
                GiveUpNomination(pair, now);
            else
                Send(pair, now);
        }
    }

    private void SendNextCheck(TimeSpan now)
    {
        if (now < _nextCheckAt || NextWaiting() is not { } pair)
            return;

        pair.State = CandidatePairState.InProgress;
        pair.BeginTransaction(now);
        Send(pair, now);
        _nextCheckAt = now + Pace;
    }

    private CandidatePair? NextWaiting()
    {
        CandidatePair? best = null;
        foreach (CandidatePair pair in _pairs)
        {
            if (pair.State != CandidatePairState.Waiting)
                continue;
            if (pair.IsTriggered)
                return pair;
            best ??= pair;
        }

        return best;
    }

    private void Nominate(CandidatePair pair, TimeSpan now)
    {
        _nominee = pair;
        pair.State = CandidatePairState.Nominating;
        pair.BeginTransaction(now);
        Send(pair, now);
    }

    /// <summary>The pair answered once and does not any more: it starts over, and another that has answered is taken.</summary>
    private void GiveUpNomination(CandidatePair pair, TimeSpan now)
    {
        pair.State = CandidatePairState.Waiting;
        pair.IsTriggered = false;
        _nominee = null;
        foreach (CandidatePair other in _pairs)
        {
            if (other.State == CandidatePairState.Succeeded)
            {
                Nominate(other, now);
                return;
            }
        }
    }

    private void HandleRefusal(TimeSpan now, CandidatePair pair, StunErrorCode? error)
    {
        if (!pair.AwaitsAnswer)
            return;

        if (error == StunErrorCode.RoleConflict)
        {
            // Signalling gave us the controlling role, so the peer is about to switch (RFC 8445 section 7.2.5.1): ask anew, not at once.
            pair.BeginTransaction(now + RetransmissionTimeout(sendCount: 1));
            return;
        }

        if (pair == _nominee)
            GiveUpNomination(pair, now);
        pair.State = CandidatePairState.Failed;
    }

    private void SendConsentCheck(CandidatePair pair, TimeSpan now)
    {
        // Never retransmitted: the next one is a transaction of its own (RFC 7675 section 5.1).
        pair.BeginTransaction(now);
        Send(pair, now);
        ScheduleConsentCheck(now);
    }

    private void ScheduleConsentCheck(TimeSpan now)
    {
        // 0.8 to 1.2 of the interval (RFC 7675 section 5.1), by a hash, so that a test can repeat it and no two agents fall into step.
        ulong hash = (tieBreaker + ++_consentCount) * 0x9E37_79B9_7F4A_7C15;
        double spread = (hash >> 32) / (double)(1UL << 32);
        _nextConsentAt = now + (ConsentInterval * (0.8 + (0.4 * spread)));
    }

    private void Send(CandidatePair pair, TimeSpan now)
    {
        outgoing.Enqueue(new IceMessage
        {
            Kind = pair.State == CandidatePairState.Nominating ? IceMessageKind.Nomination : IceMessageKind.Check,
            Path = pair.Path,
            TransactionId = pair.TransactionId,
        });
        pair.CountSend(now + RetransmissionTimeout(pair.SendCount + 1));
    }

    /// <summary>How long to wait for an answer after a request was sent this often (RFC 8445 section 14.3).</summary>
    private TimeSpan RetransmissionTimeout(int sendCount)
    {
        TimeSpan first = Pace * _pairs.Count;
        if (first < s_minRetransmission)
            first = s_minRetransmission;
        return Min(first * (1 << Math.Min(sendCount - 1, 8)), s_maxRetransmission);
    }

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
