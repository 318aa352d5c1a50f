using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ComfyStream.WebRtc.Dtls.Interop;
using ComfyStream.WebRtc.Srtp;

namespace ComfyStream.WebRtc.Dtls;

/// <summary>
/// One DTLS 1.2 association for SRTP keys (RFC 5764) over libssl: datagrams and deadlines in, datagrams and a deadline out. Owned by one
/// event loop. After each <c>Start</c>, <c>Handle...</c> or <c>Close</c> take datagrams with <see cref="TryGetDatagram"/> until false.
/// </summary>
/// <remarks>
/// Retransmission is libssl's, and its timer reads the wall clock: the deadline given here is <c>now</c> plus what libssl says remains. So
/// loss during a handshake cannot be simulated in virtual time.
/// </remarks>
internal sealed unsafe class DtlsTransport : IDisposable
{
    /// <summary>The largest datagram that is sent.</summary>
    public const int MaxDatagramBytes = 1200;

    private const uint FirstTimeoutMicroseconds = 100_000;
    private const uint LastTimeoutMicroseconds = 3_200_000;

    /// <summary>A handshake takes five datagrams from the peer, more with fragments and repeats. Beyond this it is an attack on our processor.</summary>
    private const int MaxHandshakeDatagrams = 1000;

    private static readonly TimeSpan s_shortestWait = TimeSpan.FromMilliseconds(1);

    private readonly SslHandle _ssl;
    private readonly DtlsRole _role;
    private SettledAssociation? _settled;

    /// <summary>Makes an association with the peer whose SDP has <paramref name="remoteFingerprints"/>, of which one has to match.</summary>
    public DtlsTransport(DtlsIdentity identity, DtlsRole role, IReadOnlyList<Fingerprint> remoteFingerprints)
    {
        _role = role;
        _ssl = SslHandle.Create(identity.Context);
        foreach (var fingerprint in remoteFingerprints)
            _ssl.State->PeerCertificate.Expect(fingerprint);
        OpenSsl.SSL_ctrl(_ssl, OpenSsl.SSL_CTRL_SET_MTU, MaxDatagramBytes, null);
        OpenSsl.DTLS_set_timer_cb(_ssl, &NextTimeout);
        if (role == DtlsRole.Client)
            OpenSsl.SSL_set_connect_state(_ssl);
        else
            OpenSsl.SSL_set_accept_state(_ssl);
    }

    public DtlsState State { get; private set; }

    /// <summary>Why, once <see cref="State"/> is Failed.</summary>
    public DtlsFailure Failure { get; private set; }

    /// <summary>The failure in words, with OpenSSL's own; also what ended an association that the peer aborted. Empty otherwise.</summary>
    public string FailureText { get; private set; } = "";

    /// <summary>When <see cref="HandleDeadline"/> wants to be called; <see cref="TimeSpan.MaxValue"/> for never.</summary>
    public TimeSpan NextDeadline { get; private set; } = TimeSpan.MaxValue;

    /// <summary>Whether libssl's session was freed before the end of the association.</summary>
    public bool IsSettled => _settled is not null;

    /// <summary>Incoming records that were dropped unread: plaintext alerts, broken ones.</summary>
    public long DroppedRecords => _settled?.DroppedRecords ?? _ssl.State->DroppedRecords;

    /// <summary>Begins the handshake: a client sends its ClientHello, a server (which may also just wait for datagrams) listens.</summary>
    public void Start(TimeSpan now)
    {
        if (State != DtlsState.New)
            return;
        State = DtlsState.Handshaking;
        Handshake(now);
    }

    /// <summary>Handles one datagram whose first byte is 20 to 63 (RFC 7983). What is not understood is dropped; never throws for it.</summary>
    public void HandleDatagram(TimeSpan now, ReadOnlySpan<byte> datagram)
    {
        if (State == DtlsState.New && _role == DtlsRole.Server)
            State = DtlsState.Handshaking;
        if (State is not (DtlsState.Handshaking or DtlsState.Connected) || datagram.IsEmpty)
            return;
        if (_settled is not null)
        {
            ReadSettled(_settled, datagram);
            return;
        }

        var state = _ssl.State;
        fixed (byte* start = datagram)
        {
            state->Incoming = start;
            state->IncomingBytes = datagram.Length;
            if (State == DtlsState.Handshaking)
                Handshake(now);
            // Also what follows the last handshake record in the same datagram.
            if (State == DtlsState.Connected)
                Read(now);
            state->Incoming = null;
            state->IncomingBytes = 0;
        }
    }

    /// <summary>Sends again what was not answered in time.</summary>
    public void HandleDeadline(TimeSpan now)
    {
        if (State is not (DtlsState.Handshaking or DtlsState.Connected) || now < NextDeadline)
            return;
        OpenSsl.ERR_clear_error();
        if (OpenSsl.SSL_ctrl(_ssl, OpenSsl.DTLS_CTRL_HANDLE_TIMEOUT, 0, null) < 0)
            Fail(DtlsFailure.Timeout, $"The peer does not answer: {OpenSsl.TakeErrorText()} ({DroppedRecords} of its records were dropped, such as plaintext alerts).");
        Arm(now);
    }

    /// <summary>Takes the next datagram to send; <paramref name="destination"/> has at least <see cref="MaxDatagramBytes"/>.</summary>
    public bool TryGetDatagram(Span<byte> destination, out int byteCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, MaxDatagramBytes);
        return _settled?.TryGetDatagram(destination, out byteCount) ?? _ssl.State->Outgoing.TryDequeue(destination, out byteCount);
    }

    /// <summary>
    /// Gives the SRTP keys (RFC 5764 4.2) while <see cref="State"/> is Connected, up to <see cref="Settle"/>. The caller clears them after use.
    /// </summary>
    public bool TryGetKeyingMaterial(out SrtpKeyingMaterial keyingMaterial)
    {
        keyingMaterial = default;
        if (_settled is not null || State != DtlsState.Connected || !TryGetSrtpProfile(out var profile))
            return false;
        Span<byte> exported = stackalloc byte[profile.KeyingMaterialBytes()];
        var label = "EXTRACTOR-dtls_srtp"u8;
        int result;
        OpenSsl.ERR_clear_error();
        fixed (byte* labelStart = label, exportedStart = exported)
            result = OpenSsl.SSL_export_keying_material(_ssl, exportedStart, (nuint)exported.Length, labelStart, (nuint)label.Length, null, 0, 0);
        if (result == 1)
            keyingMaterial = new SrtpKeyingMaterial(profile, _role, exported);
        CryptographicOperations.ZeroMemory(exported);
        return result == 1;
    }

    /// <summary>
    /// Frees libssl's session once the keys were taken: 65 KB, of which the end of the association needs nearly nothing. Call it while
    /// datagrams of the handshake are still to be taken, if there are any: a peer may ask for them again.
    /// </summary>
    public void Settle()
    {
        if (_settled is not null || State != DtlsState.Connected || !SettledAssociation.TryCreate(_ssl, _role, out _settled))
            return;
        _ssl.Dispose();
        NextDeadline = TimeSpan.MaxValue;
    }

    /// <summary>Ends the association; if it was connected, close_notify waits in <see cref="TryGetDatagram"/>.</summary>
    public void Close()
    {
        if (State == DtlsState.Connected)
            SendCloseNotify();
        if (State is not (DtlsState.Closed or DtlsState.Failed))
            State = DtlsState.Closed;
        NextDeadline = TimeSpan.MaxValue;
    }

    /// <summary>Frees the native session and its keys, without telling the peer.</summary>
    public void Dispose()
    {
        _ssl.Dispose();
        _settled?.Dispose();
        _settled = null;
    }

    private void Handshake(TimeSpan now)
    {
        OpenSsl.ERR_clear_error();
        var result = OpenSsl.SSL_do_handshake(_ssl);
        if (result == 1)
            Complete();
        else if (OpenSsl.SSL_get_error(_ssl, result) is not (OpenSsl.SSL_ERROR_WANT_READ or OpenSsl.SSL_ERROR_WANT_WRITE))
            FailHandshake();
        else if (_ssl.State->ReadDatagrams > MaxHandshakeDatagrams)
            Fail(DtlsFailure.HandshakeError, $"The peer sent more than {MaxHandshakeDatagrams} datagrams without finishing the handshake.");
        Arm(now);
    }

    private void Complete()
    {
        // libssl has called the check by now, or failed the handshake; keys do not hang on that alone.
        if (!_ssl.State->PeerCertificate.IsMatched)
            Fail(DtlsFailure.FingerprintMismatch, "The peer's certificate was not checked.");
        else if (!TryGetSrtpProfile(out _))
            Fail(DtlsFailure.NoSrtpProfile, "The peer agreed to none of our SRTP profiles (AEAD_AES_128_GCM, AES128_CM_HMAC_SHA1_80).");
        else
            State = DtlsState.Connected;
        if (State == DtlsState.Failed)
            SendCloseNotify();
    }

    private void FailHandshake()
    {
        var text = OpenSsl.TakeErrorText();
        ref var certificate = ref _ssl.State->PeerCertificate;
        if (certificate.IsMismatched)
            Fail(DtlsFailure.FingerprintMismatch, $"The peer's certificate has the fingerprint {certificate.Shown}, which its SDP does not have.");
        else
            Fail(DtlsFailure.HandshakeError, $"The DTLS handshake failed: {text}");
    }

    private void Fail(DtlsFailure failure, string text)
    {
        State = DtlsState.Failed;
        Failure = failure;
        FailureText = text;
        NextDeadline = TimeSpan.MaxValue;
    }

    /// <summary>
    /// Lets libssl see records after the handshake: a repeated last flight, which it answers; alerts; application data, which nobody wants.
    /// </summary>
    private void Read(TimeSpan now)
    {
        const int ScratchBytes = 1024;
        var scratch = stackalloc byte[ScratchBytes];
        int result;
        OpenSsl.ERR_clear_error();
        do
            result = OpenSsl.SSL_read(_ssl, scratch, ScratchBytes);
        while (result > 0);

        switch (OpenSsl.SSL_get_error(_ssl, result))
        {
            case OpenSsl.SSL_ERROR_WANT_READ or OpenSsl.SSL_ERROR_WANT_WRITE:
                Arm(now);
                break;
            case OpenSsl.SSL_ERROR_ZERO_RETURN:
                Close(); // close_notify is answered with ours (RFC 5246 7.2.1)
                break;
            default:
                FailureText = $"The peer ended the DTLS association: {OpenSsl.TakeErrorText()}";
                State = DtlsState.Closed;
                NextDeadline = TimeSpan.MaxValue;
                break;
        }
    }

    private void ReadSettled(SettledAssociation settled, ReadOnlySpan<byte> datagram)
    {
        if (!settled.HandleDatagram(datagram, out var isCloseNotify, out var description))
            return;
        if (isCloseNotify)
        {
            Close(); // answered with ours (RFC 5246 7.2.1)
            return;
        }
        FailureText = $"The peer ended the DTLS association: alert {description}";
        State = DtlsState.Closed;
    }

    private void SendCloseNotify()
    {
        if (_settled is not null)
        {
            _settled.SendCloseNotify();
            return;
        }
        OpenSsl.ERR_clear_error();
        _ = OpenSsl.SSL_shutdown(_ssl);
        OpenSsl.ERR_clear_error();
    }

    private void Arm(TimeSpan now)
    {
        NextDeadline = TimeSpan.MaxValue;
        if (State is not (DtlsState.Handshaking or DtlsState.Connected))
            return;
        OpenSsl.TimeValue remaining;
        if (OpenSsl.SSL_ctrl(_ssl, OpenSsl.DTLS_CTRL_GET_TIMEOUT, 0, &remaining) != 1)
            return;
        var wait = remaining.ToTimeSpan();
        NextDeadline = now + (wait > s_shortestWait ? wait : s_shortestWait);
    }

    private bool TryGetSrtpProfile(out SrtpProfile profile)
    {
        var selected = OpenSsl.SSL_get_selected_srtp_profile(_ssl);
        profile = selected == null ? default : (SrtpProfile)selected->Id;
        return profile is SrtpProfile.AeadAes128Gcm or SrtpProfile.Aes128CmHmacSha1_80;
    }

    /// <summary>RFC 6347 4.2.4.1 begins with a second, a long time to wait for a picture; peers of real-time media are nearer than 100 ms or stand one repeat.</summary>
    [UnmanagedCallersOnly]
    private static uint NextTimeout(nint ssl, uint lastMicroseconds) =>
        lastMicroseconds == 0 ? FirstTimeoutMicroseconds : Math.Min(2 * lastMicroseconds, LastTimeoutMicroseconds);
}
