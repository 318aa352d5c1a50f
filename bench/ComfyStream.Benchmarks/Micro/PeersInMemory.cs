using System.Net;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Sdp;

namespace ComfyStream.Benchmarks.Micro;

/// <summary>A server's peer that sends to a viewer's, in memory and in virtual time.</summary>
internal sealed class PeersInMemory : IDisposable
{
    private static readonly TransportAddress _viewerAddress = TransportAddress.From(IPAddress.Parse("192.0.2.1"), 4000);
    private static readonly TransportAddress _serverAddress = TransportAddress.From(IPAddress.Parse("198.51.100.1"), 8890);
    private readonly PeerConnection _viewer;

    private PeersInMemory(DtlsIdentity identity)
    {
        var options = new OfferOptions
        {
            Role = MediaRole.Receive,
            Ice = IceCredentials.Create(),
            Fingerprint = identity.Fingerprint,
            Candidates = [new IceCandidate("1", IsTcp: false, IceCandidate.ComputeHostPriority(65535), _viewerAddress)],
            Identifiers = NegotiationIdentifiers.Create(),
        };
        SessionDescription offer = Negotiator.CreateOffer(options);
        var answered = (NegotiationResult.Success)Negotiator.Answer(offer, new AnswerOptions
        {
            Role = MediaRole.Send,
            Ice = IceCredentials.Create(),
            Fingerprint = identity.Fingerprint,
            Candidates = [new IceCandidate("1", IsTcp: false, IceCandidate.ComputeHostPriority(65535), _serverAddress)],
            Identifiers = NegotiationIdentifiers.Create(),
        });
        var accepted = (NegotiationResult.Success)Negotiator.AcceptAnswer(offer, options, answered.AnswerSdp);
        _viewer = new PeerConnection(accepted.Session, identity, new PeerOptions(), Now);
        _viewer.AddLocalAddress(_viewerAddress);
        Server = new PeerConnection(answered.Session, identity, new PeerOptions(), Now);
    }

    public PeerConnection Server { get; }

    public TimeSpan Now { get; private set; } = TimeSpan.FromSeconds(1);

    /// <summary>Two that have not sent each other anything.</summary>
    public static PeersInMemory Negotiate(DtlsIdentity identity) => new(identity);

    /// <summary>Two that are connected.</summary>
    public static PeersInMemory Connect(DtlsIdentity identity, byte[] slab)
    {
        var peers = new PeersInMemory(identity);
        peers.Connect(slab);
        return peers;
    }

    public void Dispose()
    {
        _viewer.Dispose();
        Server.Dispose();
    }

    private void Connect(byte[] slab)
    {
        for (int i = 0; Server.State != PeerConnectionState.Connected || _viewer.State != PeerConnectionState.Connected; i++)
        {
            if (i == 1000)
                throw new InvalidOperationException($"The peers did not connect: {Server.State}, {_viewer.State}.");
            Now += TimeSpan.FromMilliseconds(10);
            Server.HandleDeadline(Now);
            _viewer.HandleDeadline(Now);
            Deliver(_viewer, Server, new TransportPath(_serverAddress, _viewerAddress), slab);
            Deliver(Server, _viewer, new TransportPath(_viewerAddress, _serverAddress), slab);
        }
    }

    private void Deliver(PeerConnection from, PeerConnection to, in TransportPath path, byte[] slab)
    {
        while (from.TryGetTransmit(Now, slab, out Transmit transmit))
        {
            for (int offset = 0; offset < transmit.ByteCount; offset += transmit.SegmentSizeBytes)
                to.HandleDatagram(Now, path, slab.AsSpan(offset, Math.Min(transmit.SegmentSizeBytes, transmit.ByteCount - offset)).ToArray());
        }
    }
}
