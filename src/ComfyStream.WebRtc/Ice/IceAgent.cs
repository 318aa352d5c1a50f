using ComfyStream.WebRtc.Stun;

namespace ComfyStream.WebRtc.Ice;

/// <summary>
/// One component's ICE (RFC 8445): answers the peer's checks and knows which paths are the peer's. In the role
/// <see cref="IceRole.LiteControlled"/> that is all; as <see cref="IceRole.FullControlling"/> it checks and nominates as well.
/// Roles come from signalling and do not change. Owned by the thread of its peer connection; allocates nothing per datagram.
/// </summary>
/// <remarks>
/// A restart (RFC 8445 section 9) interrupts nothing: what flows goes on over the selected path until the peer nominates one in the new
/// session. Its old checks are answered until its first new one.
/// </remarks>
internal sealed class IceAgent
{
    /// <summary>The longest message it sends: a nomination with user fragments of 256 characters.</summary>
    public const int MinTransmitBufferBytes = 640;

    /// <summary>How long what was under way on the old paths is still taken after a nomination in the new session.</summary>
    public static readonly TimeSpan OldPathsLinger = TimeSpan.FromSeconds(1);

    private readonly ConnectivityCheckList? _checks;
    private readonly ValidatedPathTable _paths = new();
    private readonly IceMessageQueue _outgoing = new();
    private readonly ulong _tieBreaker;
    private IceKeys _keys;
    private IceKeys? _oldKeys;
    private TimeSpan _oldPathsEnd = TimeSpan.MaxValue;

    /// <summary>Makes an agent; the candidates are ignored in the lite role, which learns paths from checks.</summary>
    public IceAgent(
        IceRole role, IceCredentials local, IceCredentials remote, IReadOnlyList<IceCandidate> remoteCandidates, ulong tieBreaker)
    {
        _keys = new IceKeys(local, remote);
        _tieBreaker = tieBreaker;
        if (role == IceRole.FullControlling)
            _checks = new ConnectivityCheckList(remoteCandidates, tieBreaker, _outgoing);
    }

    /// <summary>Whether the lite role serves a peer that believes to be controlled, too.</summary>
    public bool ToleratesRoleConflict { get; init; }

    /// <summary>Whether the controlling role found no working path in time.</summary>
    public bool HasFailed => _checks is { HasFailed: true };

    /// <summary>When <see cref="HandleDeadline"/> wants to be called; zero for at once, <see cref="TimeSpan.MaxValue"/> for never.</summary>
    public TimeSpan NextDeadline => _checks?.NextDeadline ?? TimeSpan.MaxValue;

    /// <summary>Messages that were not authenticated, not expected or not understood.</summary>
    public long RejectedMessageCount { get; private set; }

    /// <summary>Messages that were not sent because too many waited.</summary>
    public long DroppedTransmitCount => _outgoing.DroppedCount;

    /// <summary>Validated paths that made room for newer ones.</summary>
    public long EvictedPathCount => _paths.EvictedCount;

    /// <summary>Gives the controlling role an address to check from: the socket's, which may be the unspecified one.</summary>
    public void AddLocalAddress(TransportAddress local) => _checks?.AddLocalAddress(local);

    /// <summary>Begins another ICE session with the same peer. Only for the lite role: its peer decides when to restart.</summary>
    public void Restart(IceCredentials local, IceCredentials remote)
    {
        if (_checks is not null)
            throw new InvalidOperationException("A controlling agent does not restart: the client makes a new session instead.");

        // Of several restarts in a row the session that the peer has shown to know stays beside the newest.
        _oldKeys ??= _keys;
        _keys = new IceKeys(local, remote);
        _oldPathsEnd = TimeSpan.MaxValue;
        _paths.BeginSession();
    }

    /// <summary>Handles a STUN datagram. True when the peer authenticated it, which shows that the peer lives and consents.</summary>
    public bool HandleStun(TimeSpan now, in TransportPath path, ReadOnlySpan<byte> datagram)
    {
        if (now >= _oldPathsEnd)
            EndOldPaths();
        bool isAuthentic = StunMessage.TryParse(datagram, out StunMessage message)
            && message.Method == StunMessage.BindingMethod
            && message.VerifyFingerprintIfPresent()
            && message.Class switch
            {
                StunClass.Request => TryHandleRequest(now, path, message),
                StunClass.SuccessResponse or StunClass.ErrorResponse => TryHandleResponse(now, path, message),

                // A keep-alive that nobody signed and nobody answers (RFC 8445 section 11).
                _ => false,
            };
        if (!isAuthentic)
            RejectedMessageCount++;
        return isAuthentic;
    }

    /// <summary>Whether DTLS and media may be accepted from this path: the peer has proved there that it knows the password.</summary>
    public bool IsValidated(in TransportPath path) => _paths.Contains(path);

    /// <summary>The path that media is sent on: the one nominated last. False before nomination.</summary>
    public bool TryGetSelectedPath(out TransportPath path) => _paths.TryGetSelected(out path);

    /// <summary>The first validated path, on which DTLS may be answered before nomination.</summary>
    public bool TryGetValidatedPath(out TransportPath path) => _paths.TryGetFirst(out path);

    /// <summary>
    /// Forgets a path that ended, as only those over TCP do. If it was the selected one, the peer's nomination before it counts again, of a path that there still is.
    /// </summary>
    public void RemovePath(in TransportPath path) => _paths.Remove(path);

    /// <summary>Sends the checks that are due.</summary>
    public void HandleDeadline(TimeSpan now) => _checks?.HandleDeadline(now);

    /// <summary>Writes the next message to be sent. Call until false after each Handle call.</summary>
    /// <exception cref="ArgumentException">The destination has less than <see cref="MinTransmitBufferBytes"/>.</exception>
    public bool TryGetTransmit(Span<byte> destination, out Transmit transmit)
    {
        if (destination.Length < MinTransmitBufferBytes)
            throw new ArgumentException($"A STUN message needs a buffer of {MinTransmitBufferBytes} bytes.", nameof(destination));

        if (!_outgoing.TryDequeue(out IceMessage message))
        {
            transmit = default;
            return false;
        }

        int byteCount = message.Kind is IceMessageKind.Check or IceMessageKind.Nomination
            ? WriteRequest(destination, message)
            : WriteResponse(destination, message);
        transmit = new Transmit(message.Path, byteCount, byteCount);
        return true;
    }

    private bool TryHandleRequest(TimeSpan now, in TransportPath path, in StunMessage request)
    {
        // Silence for everyone who does not know the session: no reflection, and no oracle.
        IceKeys? keys = _keys.Authenticates(request) ? _keys : _oldKeys?.Authenticates(request) == true ? _oldKeys : null;
        if (keys is null)
            return false;

        var response = new IceMessage
        {
            Kind = IceMessageKind.Success,
            ErrorCode = FindError(request),
            Path = path,
            TransactionId = request.TransactionId,
            Keys = keys,
        };
        if (response.ErrorCode == StunErrorCode.None)
        {
            AcceptCheck(now, path, request, isOld: keys == _oldKeys);
        }
        else
        {
            response.Kind = IceMessageKind.Error;
            response.UnknownAttributeCount = request.ReadUnknownRequired(response.UnknownAttributes);
        }

        _outgoing.Enqueue(response);
        return true;
    }

    private StunErrorCode FindError(in StunMessage request)
    {
        if (request.IsMalformed)
            return StunErrorCode.BadRequest;
        if (request.UnknownRequiredCount > 0)
            return StunErrorCode.UnknownAttribute;

        // Both sides believe to be in our role, and the peer is the one that can switch (RFC 8445 section 7.3.1.1). A peer that names
        // no role, or none of its priority, is served: FFmpeg does neither.
        bool isConflict = _checks is null ? request.IceControlled is not null && !ToleratesRoleConflict : request.IceControlling is not null;
        return isConflict ? StunErrorCode.RoleConflict : StunErrorCode.None;
    }

    private void AcceptCheck(TimeSpan now, in TransportPath path, in StunMessage request, bool isOld)
    {
        _paths.Add(path, isOld);
        if (!isOld)
            _oldKeys = null;
        if (_checks is not null)
            _checks.HandlePeerCheck(path, request.Priority);
        else if (request.HasUseCandidate)
            Select(now, path, isOld);
    }

    private void Select(TimeSpan now, in TransportPath path, bool isOld)
    {
        _paths.Select(path, isOld);
        if (!isOld && _paths.HasOld && _oldPathsEnd == TimeSpan.MaxValue)
            _oldPathsEnd = now + OldPathsLinger;
    }

    private void EndOldPaths()
    {
        _paths.RemoveOld();
        _oldPathsEnd = TimeSpan.MaxValue;
    }

    private bool TryHandleResponse(TimeSpan now, in TransportPath path, in StunMessage response)
    {
        if (_checks?.FindByTransaction(response.TransactionId) is not { } pair || !response.VerifyIntegrity(_keys.RemotePassword))
            return false;

        if (_checks.HandleResponse(now, path, pair, response))
        {
            _paths.Add(path, isOld: false);
            if (pair.State == CandidatePairState.Selected)
                _paths.Select(path, isOld: false);
        }

        return true;
    }

    private int WriteRequest(Span<byte> destination, in IceMessage message)
    {
        var writer = new StunMessageWriter(destination, StunClass.Request, message.TransactionId);
        writer.WriteUsername(_keys.SentUsername);
        writer.WritePriority(IceCandidate.ComputePeerReflexivePriority(IceCandidate.MaxLocalPreference));
        writer.WriteIceControlling(_tieBreaker);
        if (message.Kind == IceMessageKind.Nomination)
            writer.WriteUseCandidate();
        return Finish(ref writer, _keys.RemotePassword);
    }

    private int WriteResponse(Span<byte> destination, in IceMessage message)
    {
        if (message.Kind == IceMessageKind.Success)
        {
            var success = new StunMessageWriter(destination, StunClass.SuccessResponse, message.TransactionId);
            success.WriteXorMappedAddress(message.Path.Remote);
            return Finish(ref success, message.Keys!.LocalPassword);
        }

        var error = new StunMessageWriter(destination, StunClass.ErrorResponse, message.TransactionId);
        error.WriteErrorCode(message.ErrorCode);
        if (message.ErrorCode == StunErrorCode.UnknownAttribute)
            error.WriteUnknownAttributes(message.UnknownAttributes[..message.UnknownAttributeCount]);
        return Finish(ref error, message.Keys!.LocalPassword);
    }

    private static int Finish(ref StunMessageWriter writer, ReadOnlySpan<byte> password)
    {
        writer.WriteMessageIntegrity(password);
        writer.WriteFingerprint();
        return writer.ByteCount;
    }
}
