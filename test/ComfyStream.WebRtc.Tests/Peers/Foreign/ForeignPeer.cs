using System.Net;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Rtcp;
using ComfyStream.WebRtc.Rtp;
using ComfyStream.WebRtc.Srtp;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Peers.Foreign;

/// <summary>
/// A client of another make as a state machine: datagrams, deadlines and media in, datagrams out. Made from our own parts but not of
/// our engine, so that it behaves as that client does, well or badly. Owned by whoever drives it.
/// </summary>
internal abstract class ForeignPeer(DtlsRole dtlsRole, string srtpProfiles) : IDisposable
{
    public const ulong NtpEpoch = 0xE0000000_00000000;

    private static readonly DateOnly _today = new(2026, 1, 1);

    private readonly DtlsIdentity _identity = DtlsIdentity.Create(_today, srtpProfiles);
    private readonly Queue<byte[]> _outgoing = new();
    private DtlsTransport? _dtls;
    private SrtpSendContext? _sending;
    private SrtpReceiveContext? _receiving;
    private bool _isDtlsStarted;

    /// <summary>The offer as this client writes it, with CRLF.</summary>
    public abstract string Offer { get; }

    /// <summary>ICE and DTLS are done: media may flow.</summary>
    public bool IsConnected => _sending is not null && !IsClosed;

    /// <summary>The association is over, whoever ended it.</summary>
    public bool IsClosed => _dtls?.State is DtlsState.Closed or DtlsState.Failed;

    /// <summary>What kept the handshake from its end; empty otherwise.</summary>
    public string DtlsFailure => _dtls?.FailureText ?? "";

    /// <summary>The server's address and port as the answer's first usable candidate gives it.</summary>
    public IPEndPoint? Server { get; private set; }

    /// <summary>SRTCP packets from the server.</summary>
    public List<ReceivedReport> Reports { get; } = [];

    /// <summary>Media packets from the server that were authentic.</summary>
    public int PacketsReceived { get; private set; }

    /// <summary>STUN datagrams sent.</summary>
    public int ChecksSent { get; private set; }

    /// <summary>When <see cref="HandleDeadline"/> wants to be called.</summary>
    public TimeSpan NextDeadline => _isDtlsStarted && _dtls!.NextDeadline < NextOwnDeadline ? _dtls.NextDeadline : NextOwnDeadline;

    protected IceCredentials LocalIce { get; init; } = IceCredentials.Create();

    protected IceCredentials RemoteIce { get; private set; } = null!;

    protected Fingerprint Fingerprint => _identity.Fingerprint;

    protected abstract TimeSpan NextOwnDeadline { get; }

    /// <summary>Reads the answer as simple clients do: the first line of each kind.</summary>
    public virtual void Accept(string answer)
    {
        Assert.StartsWith("v=", answer, StringComparison.Ordinal);
        Assert.Equal(dtlsRole == DtlsRole.Client ? "passive" : "active", First(answer, "a=setup:"));
        RemoteIce = new IceCredentials(First(answer, "a=ice-ufrag:"), First(answer, "a=ice-pwd:"));
        string[] fingerprint = First(answer, "a=fingerprint:").Split(' ');
        _dtls = new DtlsTransport(_identity, dtlsRole, [new Fingerprint(fingerprint[0], Convert.FromHexString(fingerprint[1].Replace(":", "")))]);
        string[] candidate = First(answer, "a=candidate:").Split(' ');
        Assert.Equal(("udp", "typ", "host"), (candidate[2].ToLowerInvariant(), candidate[6], candidate[7]));
        Server = new IPEndPoint(IPAddress.Parse(candidate[4]), int.Parse(candidate[5]));
    }

    /// <summary>Begins to connect.</summary>
    /// <param name="now">The time.</param>
    /// <param name="local">The socket's address.</param>
    /// <param name="server">Where its datagrams go: <see cref="Server"/>, or what stands before it.</param>
    public abstract void Start(TimeSpan now, TransportAddress local, TransportAddress server);

    public void HandleDatagram(TimeSpan now, Span<byte> datagram)
    {
        switch (DatagramClassifier.Classify(datagram))
        {
            case DatagramKind.Stun:
                HandleStun(now, datagram);
                break;
            case DatagramKind.Dtls when _isDtlsStarted:
                _dtls!.HandleDatagram(now, datagram);
                FollowDtls(now);
                break;
            case DatagramKind.Rtp when _receiving is not null && _receiving.TryUnprotectRtp(datagram, out _, out _, out _):
                PacketsReceived++;
                break;
            case DatagramKind.Rtcp when _receiving is not null:
                HandleRtcp(now, datagram);
                break;
        }
    }

    public virtual void HandleDeadline(TimeSpan now)
    {
        if (!_isDtlsStarted)
            return;
        _dtls!.HandleDeadline(now);
        FollowDtls(now);
    }

    /// <summary>Takes the next datagram to send.</summary>
    public bool TryTake(out byte[] datagram) => _outgoing.TryDequeue(out datagram!);

    /// <summary>Sends close_notify.</summary>
    public void SendCloseNotify()
    {
        _dtls!.Close();
        TakeDtlsDatagrams();
    }

    public void Dispose()
    {
        _dtls?.Dispose();
        _sending?.Dispose();
        _receiving?.Dispose();
        _identity.Dispose();
    }

    protected static string First(string sdp, string prefix) =>
        sdp.Split("\r\n").First(line => line.StartsWith(prefix, StringComparison.Ordinal))[prefix.Length..];

    protected abstract void HandleStun(TimeSpan now, ReadOnlySpan<byte> datagram);

    /// <summary>Handles an SRTCP packet as it came.</summary>
    protected virtual void HandleRtcp(TimeSpan now, Span<byte> datagram)
    {
        if (TryDecryptRtcp(now, datagram, out byte[] packet))
            HandleFeedback(packet);
    }

    /// <summary>Handles a decrypted compound.</summary>
    protected virtual void HandleFeedback(ReadOnlySpan<byte> compound)
    {
    }

    /// <summary>Called once, when the keys are there.</summary>
    protected virtual void OnConnected(TimeSpan now)
    {
    }

    protected bool TryDecryptRtcp(TimeSpan now, Span<byte> datagram, out byte[] packet)
    {
        bool isAuthentic = _receiving!.TryUnprotectRtcp(datagram, out int byteCount);
        packet = isAuthentic ? datagram[..byteCount].ToArray() : [];
        if (isAuthentic)
            Reports.Add(new ReceivedReport(now, packet));
        return isAuthentic;
    }

    protected void StartDtls(TimeSpan now)
    {
        if (_isDtlsStarted)
            return;
        _isDtlsStarted = true;
        _dtls!.Start(now);
        FollowDtls(now);
    }

    protected void Send(ReadOnlySpan<byte> datagram)
    {
        if (DatagramClassifier.Classify(datagram) == DatagramKind.Stun)
            ChecksSent++;
        _outgoing.Enqueue(datagram.ToArray());
    }

    /// <summary>Sends the next packet of a stream, and keeps it.</summary>
    protected void SendRtp(OutgoingStream stream, bool marker, uint timestamp, ReadOnlySpan<byte> payload)
    {
        byte[] header = new byte[RtpHeader.FixedLengthBytes];
        RtpHeaderWriter.Write(header, marker, stream.PayloadType, (ushort)stream.NextIndex, timestamp, stream.Ssrc, []);
        byte[] wire = new byte[header.Length + payload.Length + _sending!.OverheadBytes];
        _sending.ProtectRtp(header, payload, stream.NextIndex, wire);
        stream.Note(new OutgoingStream.Kept(marker, timestamp, payload.ToArray(), wire));
        Send(wire);
    }

    protected void SendSenderReport(TimeSpan now, OutgoingStream stream, string? cname)
    {
        byte[] buffer = new byte[300];
        var writer = new RtcpWriter(buffer);
        writer.TryWriteSenderReport(new SenderReport(stream.Ssrc, NtpEpoch + NtpTime.FromTime(now), stream.TimestampAt(now), stream.Packets, stream.PayloadBytes));
        if (cname is not null)
            writer.TryWriteCname(stream.Ssrc, cname);
        Send(buffer.AsSpan(0, _sending!.ProtectRtcp(buffer, writer.ByteCount)));
    }

    private void FollowDtls(TimeSpan now)
    {
        TakeDtlsDatagrams();
        if (_sending is not null || !_dtls!.TryGetKeyingMaterial(out SrtpKeyingMaterial keys))
            return;
        _sending = new SrtpSendContext(keys.Profile, keys.SendMasterKey, keys.SendMasterSalt);
        _receiving = new SrtpReceiveContext(keys.Profile, keys.ReceiveMasterKey, keys.ReceiveMasterSalt);
        OnConnected(now);
    }

    private void TakeDtlsDatagrams()
    {
        byte[] buffer = new byte[DtlsTransport.MaxDatagramBytes];
        while (_dtls!.TryGetDatagram(buffer, out int byteCount))
            Send(buffer.AsSpan(0, byteCount));
    }
}
