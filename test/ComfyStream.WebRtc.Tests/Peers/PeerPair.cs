using System.Net;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Packetization;
using ComfyStream.WebRtc.Sdp;

namespace ComfyStream.WebRtc.Tests.Peers;

/// <summary>
/// Two whole engines, one as our client (offers, controls ICE) and one as the server (answers, ICE-lite), joined by two emulated
/// links in virtual time.
/// </summary>
internal sealed class PeerPair : IDisposable
{
    private static readonly TransportAddress ClientAddress = TransportAddress.From(IPAddress.Parse("192.0.2.1"), 4000);
    private static readonly TransportAddress ServerAddress = TransportAddress.From(IPAddress.Parse("198.51.100.1"), 8890);

    private readonly DtlsIdentity _identity = DtlsIdentity.Create(new DateOnly(2026, 1, 1));
    private readonly byte[] _slab = new byte[1 << 16];

    /// <param name="clientPublishes">Whether media goes to the server, or from it.</param>
    /// <param name="seed">Of the two links.</param>
    /// <param name="options">Of both engines.</param>
    /// <param name="changeOffer">Makes the client's offer that of another client.</param>
    /// <param name="videoFormats">Picture codecs of both, H.264 alone by default.</param>
    public PeerPair(
        bool clientPublishes,
        int seed = 1,
        PeerOptions? options = null,
        Func<string, string>? changeOffer = null,
        IReadOnlyList<PayloadFormat>? videoFormats = null)
    {
        options ??= new PeerOptions();
        videoFormats ??= [PayloadFormat.H264];
        ToServer = new EmulatedLink(seed);
        ToClient = new EmulatedLink(seed + 1);
        MediaRole clientRole = clientPublishes ? MediaRole.Send : MediaRole.Receive;
        MediaRole serverRole = clientPublishes ? MediaRole.Receive : MediaRole.Send;
        var offerOptions = new OfferOptions
        {
            Role = clientRole,
            Ice = IceCredentials.Create(),
            Fingerprint = _identity.Fingerprint,
            Candidates = [new IceCandidate("1", IsTcp: false, IceCandidate.ComputeHostPriority(65535), ClientAddress)],
            Identifiers = NegotiationIdentifiers.Create(),
            VideoFormats = videoFormats,
        };
        SessionDescription offer = Negotiator.CreateOffer(offerOptions);
        Assert.True(SdpReader.TryParse(changeOffer?.Invoke(offer.ToString()) ?? offer.ToString(), out SessionDescription? received, out string problem), problem);
        var answered = Assert.IsType<NegotiationResult.Success>(Negotiator.Answer(received, new AnswerOptions
        {
            Role = serverRole,
            Ice = IceCredentials.Create(),
            Fingerprint = _identity.Fingerprint,
            Candidates = [new IceCandidate("1", IsTcp: false, IceCandidate.ComputeHostPriority(65535), ServerAddress)],
            Identifiers = NegotiationIdentifiers.Create(),
            VideoFormats = videoFormats,
        }));
        var accepted = Assert.IsType<NegotiationResult.Success>(Negotiator.AcceptAnswer(offer, offerOptions, answered.AnswerSdp));
        Client = new Side(new PeerConnection(accepted.Session, _identity, options, Now));
        Client.Peer.AddLocalAddress(ClientAddress);
        Server = new Side(new PeerConnection(answered.Session, _identity, options, Now));
    }

    public EmulatedLink ToServer { get; }

    public EmulatedLink ToClient { get; }

    public Side Client { get; }

    public Side Server { get; }

    public TimeSpan Now { get; private set; } = TimeSpan.FromSeconds(10);

    /// <summary>Where the server sees the client; a test moves it.</summary>
    public TransportAddress SeenClientAddress { get; set; } = ClientAddress;

    /// <summary>The server's address and the client's as the server sees it.</summary>
    public TransportPath PathAtServer => new(ServerAddress, SeenClientAddress);

    /// <summary>Runs until the condition holds; fails the test when it does not within that virtual time.</summary>
    public void RunUntil(Func<bool> condition, TimeSpan limit)
    {
        TimeSpan end = Now + limit;
        while (!condition())
        {
            Assert.True(Now < end, $"The condition did not hold within {limit} of virtual time: client {Client.Peer.State}, server {Server.Peer.State}.");
            Step(end);
        }
    }

    /// <summary>Runs for that virtual time.</summary>
    public void Run(TimeSpan duration)
    {
        TimeSpan end = Now + duration;
        while (Now < end)
            Step(end);
    }

    public void Connect() => RunUntil(
        () => Client.Peer.State == PeerConnectionState.Connected && Server.Peer.State == PeerConnectionState.Connected, TimeSpan.FromSeconds(10));

    /// <summary>Lets both sides send what they have.</summary>
    public void Flush()
    {
        Flush(Client, ToServer, PathAtServer);
        Flush(Server, ToClient, new TransportPath(ClientAddress, ServerAddress));
    }

    public void Dispose()
    {
        Client.Peer.Dispose();
        Server.Peer.Dispose();
        _identity.Dispose();
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private void Step(TimeSpan end)
    {
        Flush();
        TimeSpan next = Min(Min(ToServer.NextDelivery, ToClient.NextDelivery), Min(Client.Peer.NextDeadline, Server.Peer.NextDeadline));
        Now = Min(end, next > Now ? next : Now + TimeSpan.FromMilliseconds(1));
        Deliver(ToServer, Server);
        Deliver(ToClient, Client);
        foreach (Side side in (Side[])[Client, Server])
        {
            if (side.Peer.NextDeadline <= Now)
                side.Peer.HandleDeadline(Now);
            side.TakeEvents();
        }

        Flush();
    }

    private void Deliver(EmulatedLink link, Side side)
    {
        while (link.TryReceive(Now, out EmulatedLink.Datagram datagram))
        {
            side.Peer.HandleDatagram(Now, datagram.Path, datagram.Bytes);
            side.TakeEvents();
            Flush();
        }
    }

    private void Flush(Side side, EmulatedLink link, TransportPath pathAtReceiver)
    {
        while (side.Peer.TryGetTransmit(Now, _slab, out Transmit transmit))
        {
            side.Transmits.Add(transmit);
            for (int offset = 0; offset < transmit.ByteCount; offset += transmit.SegmentSizeBytes)
            {
                int count = Math.Min(transmit.SegmentSizeBytes, transmit.ByteCount - offset);
                link.Send(Now, pathAtReceiver, _slab.AsSpan(offset, count));
            }
        }
    }

    /// <summary>One engine and what it told its application.</summary>
    internal sealed class Side(PeerConnection peer)
    {
        public PeerConnection Peer => peer;

        public List<(ReceivedFrame Info, byte[] Data)> Frames { get; } = [];

        public List<PeerConnectionState> States { get; } = [];

        public List<Transmit> Transmits { get; } = [];

        public int KeyFrameRequests { get; private set; }

        public int Losses { get; private set; }

        public void TakeEvents()
        {
            while (peer.TryGetEvent(out PeerEvent peerEvent))
            {
                switch (peerEvent.Kind)
                {
                    case PeerEventKind.StateChanged:
                        States.Add(peer.State);
                        break;
                    case PeerEventKind.KeyFrameRequested:
                        KeyFrameRequests++;
                        break;
                    case PeerEventKind.FrameLost:
                        Losses++;
                        break;
                    case PeerEventKind.FrameReceived:
                        while (!peer.TryReadFrame([], out ReceivedFrame info) && info.ByteCount > 0)
                        {
                            byte[] data = new byte[info.ByteCount];
                            Assert.True(peer.TryReadFrame(data, out info));
                            Frames.Add((info, data));
                        }

                        break;
                }
            }
        }
    }
}
