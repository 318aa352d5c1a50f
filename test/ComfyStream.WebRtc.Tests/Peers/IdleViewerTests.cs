using System.Net;
using System.Text;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Packetization;
using ComfyStream.WebRtc.Rtcp;
using ComfyStream.WebRtc.Sdp;
using ComfyStream.WebRtc.Srtp;
using ComfyStream.WebRtc.Stun;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Peers;

/// <summary>What a viewer costs that is merely there: its checks and reports, and our answers and reports.</summary>
public sealed class IdleViewerTests : IDisposable
{
    private static readonly TransportAddress _viewer = TransportAddress.From(IPAddress.Parse("192.0.2.1"), 4000);
    private static readonly TransportAddress _server = TransportAddress.From(IPAddress.Parse("198.51.100.1"), 8890);
    private static readonly TransportPath _atServer = new(_server, _viewer);
    private static readonly TransportPath _atViewer = new(_viewer, _server);

    private readonly DtlsIdentity _identity = DtlsIdentity.Create(new DateOnly(2026, 1, 1));
    private readonly byte[] _slab = new byte[1 << 16];
    private readonly byte[] _datagram = new byte[1500];
    private TimeSpan _now = TimeSpan.FromSeconds(1);

    public void Dispose() => _identity.Dispose();

    [Fact]
    public void Checks_and_reports_in_both_directions_allocate_nothing()
    {
        using PeerConnection peer = Connect(out NegotiatedSession session, out SrtpSendContext srtp);
        using var free = srtp;
        byte[] username = Encoding.UTF8.GetBytes($"{session.RemoteIce.UserFragment}:{session.LocalIce.UserFragment}");
        byte[] password = Encoding.UTF8.GetBytes(session.RemoteIce.Password);
        uint[] ssrcs = [.. peer.Session.Media.Select(media => media.LocalSsrc)];
        SendFrame(peer);
        PeerStatistics begin = peer.GetStatistics();

        int Live(int seconds)
        {
            int answers = 0;
            for (int i = 0; i < seconds; i++)
            {
                _now += TimeSpan.FromSeconds(1);
                peer.HandleDatagram(_now, _atServer, Check(username, password));
                answers += Drain(peer);
                peer.HandleDatagram(_now, _atServer, Report(srtp, ssrcs));
                answers += Drain(peer);
                peer.HandleDeadline(_now);
                answers += Drain(peer);
            }

            return answers;
        }

        Live(200);
        long before = GC.GetAllocatedBytesForCurrentThread();
        int sent = Live(1000);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        // An answer to each check, and sender reports about every second.
        Assert.InRange(sent, 1500, 3500);
        Assert.Equal(PeerConnectionState.Connected, peer.State);
        Assert.Equal(begin.PacketsRefused, peer.GetStatistics().PacketsRefused);
        Assert.Equal(77, peer.GetStatistics().Video.RemotePacketsLost);
    }

    private int Drain(PeerConnection peer)
    {
        int count = 0;
        while (peer.TryGetEvent(out _))
        {
        }

        while (peer.TryGetTransmit(_now, _slab, out _))
            count++;
        return count;
    }

    private Span<byte> Check(byte[] username, byte[] password)
    {
        var writer = new StunMessageWriter(_datagram, StunClass.Request, StunTransactionId.Create());
        writer.WriteUsername(username);
        writer.WritePriority(1);
        writer.WriteIceControlling(1);
        writer.WriteUseCandidate();
        writer.WriteMessageIntegrity(password);
        writer.WriteFingerprint();
        return _datagram.AsSpan(0, writer.ByteCount);
    }

    private Span<byte> Report(SrtpSendContext srtp, uint[] ssrcs)
    {
        var writer = new RtcpWriter(_datagram);
        Span<ReportBlock> blocks = stackalloc ReportBlock[2];
        for (int i = 0; i < blocks.Length; i++)
            blocks[i] = new ReportBlock(ssrcs[i], 0, 77, 1, 0, 0, 0);
        Assert.True(writer.TryWriteReceiverReport(1, blocks));
        return _datagram.AsSpan(0, srtp.ProtectRtcp(_datagram, writer.ByteCount));
    }

    private void SendFrame(PeerConnection peer)
    {
        foreach (MediaKind kind in (MediaKind[])[MediaKind.Audio, MediaKind.Video])
        {
            var frame = new PacketizedFrame(_ => { });
            frame.Begin(kind, _now, isKeyFrame: true, _now);
            if (kind == MediaKind.Video)
                H264Packetizer.Packetize([0, 0, 0, 1, 0x65, 1, 2, 3], frame);
            else
                OpusPacketizer.Packetize([1, 2, 3], frame);
            Assert.True(peer.WriteFrame(_now, frame));
            frame.Release();
        }

        Drain(peer);
    }

    private PeerConnection Connect(out NegotiatedSession session, out SrtpSendContext srtp)
    {
        var offerOptions = new OfferOptions
        {
            Role = MediaRole.Receive,
            Ice = IceCredentials.Create(),
            Fingerprint = _identity.Fingerprint,
            Candidates = [],
            Identifiers = NegotiationIdentifiers.Create(),
        };
        SessionDescription offer = Negotiator.CreateOffer(offerOptions);
        var answered = Assert.IsType<NegotiationResult.Success>(Negotiator.Answer(offer, new AnswerOptions
        {
            Role = MediaRole.Send,
            Ice = IceCredentials.Create(),
            Fingerprint = _identity.Fingerprint,
            Candidates = [new IceCandidate("1", IsTcp: false, IceCandidate.ComputeHostPriority(1), _server)],
            Identifiers = NegotiationIdentifiers.Create(),
        }));
        session = Assert.IsType<NegotiationResult.Success>(Negotiator.AcceptAnswer(offer, offerOptions, answered.AnswerSdp)).Session;
        var peer = new PeerConnection(answered.Session, _identity, new PeerOptions(), _now);
        var ice = new IceAgent(session.IceRole, session.LocalIce, session.RemoteIce, session.RemoteCandidates, tieBreaker: 1);
        ice.AddLocalAddress(_viewer);
        using var dtls = new DtlsTransport(_identity, session.DtlsRole, session.RemoteFingerprints);
        for (int turn = 0; dtls.State != DtlsState.Connected || peer.State != PeerConnectionState.Connected; turn++)
        {
            Assert.True(turn < 1000, $"{dtls.State} {dtls.FailureText}, {peer.State}");
            _now += TimeSpan.FromMilliseconds(5);
            ice.HandleDeadline(_now);
            while (ice.TryGetTransmit(_slab, out Transmit check))
                peer.HandleDatagram(_now, _atServer, _slab.AsSpan(0, check.ByteCount));
            if (ice.TryGetSelectedPath(out _))
                dtls.Start(_now);
            while (dtls.TryGetDatagram(_slab, out int byteCount))
                peer.HandleDatagram(_now, _atServer, _slab.AsSpan(0, byteCount));
            while (peer.TryGetTransmit(_now, _slab, out Transmit transmit))
            {
                if (DatagramClassifier.Classify(_slab.AsSpan(0, transmit.ByteCount)) == DatagramKind.Stun)
                    ice.HandleStun(_now, _atViewer, _slab.AsSpan(0, transmit.ByteCount));
                else
                    dtls.HandleDatagram(_now, _slab.AsSpan(0, transmit.ByteCount));
            }
        }

        Assert.True(dtls.TryGetKeyingMaterial(out SrtpKeyingMaterial keys));
        srtp = new SrtpSendContext(keys.Profile, keys.SendMasterKey, keys.SendMasterSalt);
        return peer;
    }
}
