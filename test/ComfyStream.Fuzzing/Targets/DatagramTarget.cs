using System.Buffers.Binary;
using System.Net;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Packetization;
using ComfyStream.WebRtc.Rtp;
using ComfyStream.WebRtc.Sdp;
using ComfyStream.WebRtc.Srtp;

namespace ComfyStream.Fuzzing.Targets;

/// <summary>
/// Whole datagrams into a connected peer, made anew for each input: as they are, and as packets that the other side encrypted, which
/// get past the check of their tags. It takes a few milliseconds to connect, so an input is a list of datagrams.
/// </summary>
internal sealed class DatagramTarget : IFuzzTarget
{
    private const int MostTransmits = 10_000;
    private const int MostSources = 3;

    // What the socket takes, without the tag.
    private const int LargestDatagramBytes = 2000;

    private static readonly TransportAddress ClientAddress = TransportAddress.From(IPAddress.Parse("192.0.2.1"), 4000);
    private static readonly TransportAddress ServerAddress = TransportAddress.From(IPAddress.Parse("198.51.100.1"), 8890);
    private static readonly TransportPath AtServer = new(ServerAddress, ClientAddress);
    private static readonly TransportPath AtClient = new(ClientAddress, ServerAddress);
    private static readonly DtlsIdentity Identity = DtlsIdentity.Create(new DateOnly(2026, 1, 1));

    private readonly byte[] _slab = new byte[1 << 16];
    private readonly byte[] _packet = new byte[1 << 17];
    private readonly byte[] _frame = new byte[2 << 20];
    private readonly ulong[] _nextIndex = new ulong[MostSources];

    private enum Operation : byte
    {
        Time,
        RawDatagram,
        AuthenticRtp,
        AuthenticRtcp,
        FromElsewhere,
        SendFrame,
        RequestKeyFrame,
        Count,
    }

    public string Name => "datagram";

    public IReadOnlyList<byte[]> Seeds { get; } =
    [
        [
            0, .. OperationReader.Write(
                Op(Operation.AuthenticRtp, "80E000010000000100000000780005674 2E01F01000565880102 03"), Op(Operation.Time, "20"),
                Op(Operation.AuthenticRtp, "80E00002000000200000000 0419A010203"), Op(Operation.AuthenticRtp, "80EF000100000001000000 01F8010203"),
                Op(Operation.AuthenticRtcp, "80C8000600000000000000010000000200000003000000040000 0005"), Op(Operation.RequestKeyFrame, ""),
                Op(Operation.RawDatagram, "000100002112A442000000000000000000000000"), Op(Operation.RawDatagram, "16FEFD000100000000000100020102"), Op(Operation.Time, "FF")),
        ],
        [
            1, .. OperationReader.Write(
                Op(Operation.SendFrame, "0102030405060708"), Op(Operation.SendFrame, "01"), Op(Operation.AuthenticRtcp, "81CD000300000001000000000001FFFF"),
                Op(Operation.AuthenticRtcp, "81CE000200000001000000 00"), Op(Operation.AuthenticRtcp, "84CE00040000000100000000000000000100 0000"),
                Op(Operation.AuthenticRtcp, "81C90007000000010000000000000000000000000000000000000000000000 00"), Op(Operation.Time, "FF"), Op(Operation.FromElsewhere, "80E0000100000001")),
        ],
    ];

    public bool Run(Span<byte> input)
    {
        if (input.IsEmpty)
            return false;

        Array.Fill(_nextIndex, 1UL);
        var now = TimeSpan.FromSeconds(1);
        using PeerConnection peer = Connect(clientPublishes: (input[0] & 1) == 0, reducedSizeRtcp: (input[0] & 2) == 0, ref now, out SrtpSendContext keys);
        using (keys)
        {
            bool isAccepted = false;
            var reader = new OperationReader(input[1..]);
            while (reader.MoveNext())
            {
                isAccepted |= Handle(peer, keys, ref now, (Operation)(reader.Kind % (byte)Operation.Count), reader.Body);
                Drain(peer, now);
            }

            return isAccepted;
        }
    }

    private static (byte Kind, byte[] Body) Op(Operation operation, string hex) => ((byte)operation, Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));

    private bool Handle(PeerConnection peer, SrtpSendContext keys, ref TimeSpan now, Operation operation, Span<byte> body)
    {
        switch (operation)
        {
            case Operation.Time:
                now += TimeSpan.FromMilliseconds(body.IsEmpty ? 1 : body[0]);
                int calls = 0;
                do
                {
                    peer.HandleDeadline(now);
                    Drain(peer, now);
                    FindingException.ThrowUnless(++calls < 1000, "a deadline that stays due");
                }
                while (peer.NextDeadline <= now);
                return false;
            case Operation.RawDatagram:
                peer.HandleDatagram(now, AtServer, body);
                return !body.IsEmpty;
            case Operation.FromElsewhere:
                peer.HandleDatagram(now, AtServer with { Remote = TransportAddress.From(IPAddress.Parse("203.0.113.9"), 666) }, body);
                return false;
            case Operation.AuthenticRtp when TryProtectRtp(peer, keys, body, out Span<byte> rtp):
                peer.HandleDatagram(now, AtServer, rtp);
                return true;
            case Operation.AuthenticRtcp when TryProtectRtcp(peer, keys, body, out Span<byte> rtcp):
                peer.HandleDatagram(now, AtServer, rtcp);
                return true;
            case Operation.SendFrame:
                Send(peer, now, body);
                return false;
            case Operation.RequestKeyFrame:
                peer.RequestKeyFrame(now);
                return false;
            default:
                return false;
        }
    }

    // The sequence number is set to one that is not taken for a replay, the source to one of a few (a peer may have 16), and the
    // payload type to a negotiated one unless its bits say otherwise.
    private bool TryProtectRtp(PeerConnection peer, SrtpSendContext keys, ReadOnlySpan<byte> body, out Span<byte> packet)
    {
        packet = default;
        if (body.Length < RtpHeader.FixedLengthBytes || body.Length > LargestDatagramBytes)
            return false;

        Span<byte> plain = new byte[body.Length];
        body.CopyTo(plain);
        int source = body[11] % MostSources;
        ulong index = _nextIndex[source] + (ulong)(body[3] & 7);
        _nextIndex[source] = index + 1;
        plain[0] = (byte)((plain[0] & 0x3F) | 0x80);
        if ((plain[1] & 0x60) != 0 && peer.Session.Find(source == 0 ? MediaKind.Video : MediaKind.Audio) is { } media)
            plain[1] = (byte)((plain[1] & 0x80) | media.Codec.PayloadType);
        BinaryPrimitives.WriteUInt16BigEndian(plain[2..], (ushort)index);
        BinaryPrimitives.WriteUInt32BigEndian(plain[8..], (uint)source + 100);
        if (!RtpHeader.TryParse(plain, out RtpHeader header))
            return false;

        int byteCount = keys.ProtectRtp(plain[..header.LengthBytes], plain[header.LengthBytes..], index, _packet);
        packet = _packet.AsSpan(0, byteCount);
        return true;
    }

    // The SSRC that a report or a request is about, when it is 0, becomes one of the peer's.
    private bool TryProtectRtcp(PeerConnection peer, SrtpSendContext keys, ReadOnlySpan<byte> body, out Span<byte> packet)
    {
        packet = default;
        if (body.Length < 8 || body.Length > 1400)
            return false;

        body.CopyTo(_packet);
        _packet[0] = (byte)((_packet[0] & 0x3F) | 0x80);
        if (_packet[1] is < 192 or > 223)
            _packet[1] = (byte)(200 + (_packet[1] % 7));
        BinaryPrimitives.WriteUInt32BigEndian(_packet.AsSpan(4), (uint)(_packet[7] % MostSources) + 100);
        if (body.Length >= 12 && BinaryPrimitives.ReadUInt32BigEndian(_packet.AsSpan(8)) == 0)
            BinaryPrimitives.WriteUInt32BigEndian(_packet.AsSpan(8), peer.Session.Media[0].LocalSsrc);
        packet = _packet.AsSpan(0, keys.ProtectRtcp(_packet, body.Length));
        return true;
    }

    private static void Send(PeerConnection peer, TimeSpan now, ReadOnlySpan<byte> body)
    {
        var frame = new PacketizedFrame(_ => { });
        frame.Begin(body.Length % 2 == 0 ? MediaKind.Video : MediaKind.Audio, now, isKeyFrame: true, now);
        body = body.IsEmpty ? [0] : body[..Math.Min(body.Length, 1200)];
        int packets = 1 + (body[0] % 40);
        for (int i = 0; i < packets; i++)
            body.CopyTo(frame.AppendPacket(body.Length));
        peer.WriteFrame(now, frame);
        frame.Release();
    }

    private void Drain(PeerConnection peer, TimeSpan now)
    {
        bool isBusy = true;
        for (int turns = 0; isBusy; turns++)
        {
            FindingException.ThrowUnless(turns < 100, "events without end");
            isBusy = false;
            int transmits = 0;
            while (peer.TryGetTransmit(now, _slab, out Transmit transmit))
            {
                FindingException.ThrowUnless(transmit.ByteCount is > 0 and <= 1 << 16 && transmit.SegmentSizeBytes is > 0 and <= 1500, "a transmit that cannot be sent");
                FindingException.ThrowUnless(++transmits < MostTransmits, "transmits without end");
            }

            while (peer.TryGetEvent(out _))
                isBusy = true;
            while (!peer.TryReadFrame([], out ReceivedFrame frame) && frame.ByteCount > 0)
                FindingException.ThrowUnless(peer.TryReadFrame(_frame, out _), "a frame that cannot be read");
        }

        peer.GetStatistics();
        peer.TryGetSenderReport(MediaKind.Video, out _, out _);
    }

    private PeerConnection Connect(bool clientPublishes, bool reducedSizeRtcp, ref TimeSpan now, out SrtpSendContext keys)
    {
        var offerOptions = new OfferOptions
        {
            Role = clientPublishes ? MediaRole.Send : MediaRole.Receive,
            Ice = IceCredentials.Create(),
            Fingerprint = Identity.Fingerprint,
            Candidates = [],
            Identifiers = NegotiationIdentifiers.Create(),
        };
        SessionDescription offer = Negotiator.CreateOffer(offerOptions);
        string sdp = reducedSizeRtcp ? offer.ToString() : offer.ToString().Replace("a=rtcp-rsize\r\n", "", StringComparison.Ordinal);
        var answered = (NegotiationResult.Success)Negotiator.Answer(sdp, new AnswerOptions
        {
            Role = clientPublishes ? MediaRole.Receive : MediaRole.Send,
            Ice = IceCredentials.Create(),
            Fingerprint = Identity.Fingerprint,
            Candidates = [new IceCandidate("1", IsTcp: false, IceCandidate.ComputeHostPriority(1), ServerAddress)],
            Identifiers = NegotiationIdentifiers.Create(),
        });
        NegotiatedSession session = ((NegotiationResult.Success)Negotiator.AcceptAnswer(offer, offerOptions, answered.AnswerSdp)).Session;

        var peer = new PeerConnection(answered.Session, Identity, new PeerOptions(), now);
        var ice = new IceAgent(session.IceRole, session.LocalIce, session.RemoteIce, session.RemoteCandidates, tieBreaker: 1);
        ice.AddLocalAddress(ClientAddress);
        using var dtls = new DtlsTransport(Identity, session.DtlsRole, session.RemoteFingerprints);
        for (int turn = 0; dtls.State != DtlsState.Connected || peer.State != PeerConnectionState.Connected; turn++)
        {
            FindingException.ThrowUnless(turn < 1000, $"the peers do not connect: {dtls.State} {dtls.FailureText}, {peer.State}");
            now += TimeSpan.FromMilliseconds(5);
            ice.HandleDeadline(now);
            while (ice.TryGetTransmit(_slab, out Transmit check))
                peer.HandleDatagram(now, AtServer, _slab.AsSpan(0, check.ByteCount));
            if (ice.TryGetSelectedPath(out _))
                dtls.Start(now);
            while (dtls.TryGetDatagram(_slab, out int byteCount))
                peer.HandleDatagram(now, AtServer, _slab.AsSpan(0, byteCount));
            peer.HandleDeadline(now);
            while (peer.TryGetTransmit(now, _slab, out Transmit transmit))
            {
                Span<byte> datagram = _slab.AsSpan(0, transmit.ByteCount);
                if (DatagramClassifier.Classify(datagram) == DatagramKind.Stun)
                    ice.HandleStun(now, AtClient, datagram);
                else
                    dtls.HandleDatagram(now, datagram);
            }
        }

        dtls.TryGetKeyingMaterial(out SrtpKeyingMaterial material);
        keys = new SrtpSendContext(material.Profile, material.SendMasterKey, material.SendMasterSalt);
        return peer;
    }
}
