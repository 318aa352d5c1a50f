using System.Net;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Packetization;
using ComfyStream.WebRtc.Rtp;
using ComfyStream.WebRtc.Sdp;

namespace ComfyStream.Transport.Tests;

/// <summary>A controlling peer and a lite one that agreed on everything, each made for its own loop; one sends video, the other receives it.</summary>
internal sealed class PeerPair
{
    public PeerPair(DtlsIdentity identity, IPEndPoint server, IPEndPoint client, PeerOptions? options = null, bool clientSends = true, IceCredentials? serverIce = null)
    {
        options ??= new PeerOptions();
        IceCredentials clientIce = IceCredentials.Create();
        serverIce ??= IceCredentials.Create();
        var candidate = new IceCandidate("1", IsTcp: false, IceCandidate.ComputeHostPriority(1), TransportAddress.From(server));
        Client = new PeerConnection(MakeSession(clientIce, serverIce, IceRole.FullControlling, DtlsRole.Client, identity, [candidate], clientSends), identity, options, EventLoop.Now);
        Client.AddLocalAddress(TransportAddress.From(client));
        Server = new PeerConnection(MakeSession(serverIce, clientIce, IceRole.LiteControlled, DtlsRole.Server, identity, [], !clientSends), identity, options, EventLoop.Now);
    }

    public PeerConnection Client { get; }

    public PeerConnection Server { get; }

    public static PacketizedFrame MakeFrame(int packetCount, int packetBytes = 1000)
    {
        var frame = new PacketizedFrame(_ => { });
        frame.Begin(MediaKind.Video, EventLoop.Now, isKeyFrame: true, EventLoop.Now);
        byte[] accessUnit = new byte[packetCount * packetBytes];
        Array.Fill(accessUnit, (byte)0x55);

        // Parameter sets first, as every encoder's key frames have them: a receiver needs them to know the beginning.
        byte[] start = [0, 0, 0, 1, 0x67, 0x42, 0xE0, 0x1F, 0, 0, 0, 1, 0x68, 0xCE, 0, 0, 0, 1, 0x65, 0x88];
        start.CopyTo(accessUnit, 0);
        Assert.True(H264Packetizer.Packetize(accessUnit, frame, packetBytes + 100) > 0);
        return frame;
    }

    private static NegotiatedSession MakeSession(
        IceCredentials local, IceCredentials remote, IceRole iceRole, DtlsRole dtlsRole, DtlsIdentity identity, IReadOnlyList<IceCandidate> candidates, bool sends)
    {
        var codec = new RtpCodec(96, "H264", 90000, 0, "packetization-mode=1");
        return new NegotiatedSession
        {
            LocalIce = local,
            RemoteIce = remote,
            IceRole = iceRole,
            DtlsRole = dtlsRole,
            RemoteCandidates = candidates,
            RemoteFingerprints = [identity.Fingerprint],
            Media =
            [
                new NegotiatedMedia
                {
                    Mid = "0",
                    Kind = MediaKind.Video,
                    Send = sends,
                    Receive = !sends,
                    Codec = codec,
                    Codecs = [codec],
                    Extensions = HeaderExtensionMap.Empty,
                    LocalSsrc = sends ? 1u : 2u,
                    RemoteSsrc = sends ? null : 1u,
                    Cname = "test",
                    Nack = true,
                    Pli = true,
                },
            ],
        };
    }
}
