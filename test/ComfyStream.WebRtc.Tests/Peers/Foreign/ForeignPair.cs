using System.Net;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Sdp;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Peers.Foreign;

/// <summary>A client of another make and our engine as its server, joined by two emulated links in virtual time.</summary>
internal sealed class ForeignPair<TClient> : IDisposable
    where TClient : ForeignPeer
{
    private static readonly TransportAddress _clientAddress = TransportAddress.From(IPAddress.Parse("192.0.2.1"), 4000);
    private static readonly TransportAddress _serverAddress = TransportAddress.From(IPAddress.Parse("198.51.100.1"), 8890);

    private readonly DtlsIdentity _identity = DtlsIdentity.Create(new DateOnly(2026, 1, 1));
    private readonly byte[] _slab = new byte[1 << 16];

    public ForeignPair(TClient client, int seed = 1, MediaRole serverRole = MediaRole.Receive)
    {
        Client = client;
        ToServer = new EmulatedLink(seed);
        ToClient = new EmulatedLink(seed + 1);
        Assert.True(SdpReader.TryParse(client.Offer, out SessionDescription? offer, out string problem), problem);
        NegotiationResult result = Negotiator.Answer(offer, new AnswerOptions
        {
            Role = serverRole,
            Ice = IceCredentials.Create(),
            Fingerprint = _identity.Fingerprint,
            Candidates = [new IceCandidate("1", IsTcp: false, IceCandidate.ComputeHostPriority(65535), _serverAddress)],
            Identifiers = NegotiationIdentifiers.Create(),
        });
        NegotiationResult.Success answered = Assert.IsType<NegotiationResult.Success>(result);
        Server = new PeerPair.Side(new PeerConnection(answered.Session, _identity, new PeerOptions { NtpEpoch = ForeignPeer.NtpEpoch }, Now));
        client.Accept(answered.AnswerSdp);
    }

    public TClient Client { get; }

    public PeerPair.Side Server { get; }

    public EmulatedLink ToServer { get; }

    public EmulatedLink ToClient { get; }

    public TimeSpan Now { get; private set; } = TimeSpan.FromSeconds(10);

    public IEnumerable<byte[]> Pictures => Server.Frames.Where(frame => frame.Info.Kind == MediaKind.Video).Select(frame => frame.Data);

    private bool IsConnected => Client.IsConnected && Server.Peer.State == PeerConnectionState.Connected;

    public void Start() => Client.Start(Now, _clientAddress, _serverAddress);

    public void Connect()
    {
        Start();
        RunUntil(() => IsConnected, TimeSpan.FromSeconds(10));
    }

    /// <summary>Connects at the pace of the wall clock, which libssl's timers know alone: for handshakes with losses.</summary>
    public void ConnectInRealTime()
    {
        Start();
        TimeSpan end = Now + TimeSpan.FromSeconds(10);
        while (!IsConnected)
        {
            Assert.True(Now < end, $"Not connected: server {Server.Peer.State} ({Server.Peer.CloseReason}). {Client.DtlsFailure}");
            Thread.Sleep(1);
            Run(TimeSpan.FromMilliseconds(1));
        }
    }

    /// <summary>Runs until the condition holds; fails the test when it does not within that virtual time.</summary>
    public void RunUntil(Func<bool> condition, TimeSpan limit)
    {
        TimeSpan end = Now + limit;
        while (!condition())
        {
            Assert.True(Now < end, $"The condition did not hold within {limit} of virtual time: server {Server.Peer.State} ({Server.Peer.CloseReason}). {Client.DtlsFailure}");
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

    /// <summary>Nobody's turn comes for that long, as on a busy machine: what is sent meanwhile arrives, and all that is due is overdue.</summary>
    public void Stall(TimeSpan duration)
    {
        while (Client.TryTake(out byte[] datagram))
            Send(datagram);
        Now += duration;
    }

    public void Dispose()
    {
        Client.Dispose();
        Server.Peer.Dispose();
        _identity.Dispose();
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private void Step(TimeSpan end)
    {
        Flush();
        TimeSpan next = Min(Min(ToServer.NextDelivery, ToClient.NextDelivery), Min(Client.NextDeadline, Server.Peer.NextDeadline));
        Now = Min(end, next > Now ? next : Now + TimeSpan.FromMilliseconds(1));
        while (ToServer.TryReceive(Now, out EmulatedLink.Datagram datagram))
        {
            Server.Peer.HandleDatagram(Now, datagram.Path, datagram.Bytes);
            Server.TakeEvents();
            Flush();
        }

        while (ToClient.TryReceive(Now, out EmulatedLink.Datagram datagram))
            Client.HandleDatagram(Now, datagram.Bytes);
        Client.HandleDeadline(Now);
        if (Server.Peer.NextDeadline <= Now)
            Server.Peer.HandleDeadline(Now);
        Server.TakeEvents();
        Flush();
    }

    private void Send(byte[] datagram) => ToServer.Send(Now, new TransportPath(_serverAddress, _clientAddress), datagram);

    private void Flush()
    {
        while (Client.TryTake(out byte[] datagram))
            Send(datagram);
        while (Server.Peer.TryGetTransmit(Now, _slab, out Transmit transmit))
        {
            Server.Transmits.Add(transmit);
            for (int offset = 0; offset < transmit.ByteCount; offset += transmit.SegmentSizeBytes)
                ToClient.Send(Now, new TransportPath(_clientAddress, _serverAddress), _slab.AsSpan(offset, Math.Min(transmit.SegmentSizeBytes, transmit.ByteCount - offset)));
        }
    }
}
