using System.Net;
using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Packetization;
using ComfyStream.WebRtc.Sdp;

namespace ComfyStream.Benchmarks.Micro;

/// <summary>
/// The whole way of a packet but the kernel: coded pictures of 8 KB and their sound are cut into packets once, queued for each viewer,
/// kept for retransmission, given headers, encrypted into the sender's buffers and described for the kernel, which is not called. A
/// call is as many packets whatever the number of viewers, so that the figures are those of a packet and compare.
/// </summary>
public class FrameBenchmarks
{
    // 30 pictures and 50 packets of sound a second.
    private const int PicturePackets = 8;
    private const int PicturesPerRound = 3;
    private const int SoundsPerRound = 5;
    private const int PacketsPerRound = PicturesPerRound * PicturePackets + SoundsPerRound;
    private const int ViewerRounds = 1000;

    // Two seconds.
    private const long WarmUpRounds = 20;

    private static readonly TimeSpan _soundInterval = TimeSpan.FromMilliseconds(20);

    private readonly byte[] _picture = CodedPicture.Create();
    private readonly byte[] _sound = CodedPicture.Create()[..160];
    private readonly PacketizedFramePool _pool = new();
    private MediaSender[] _viewers = [];
    private TransportPath[] _paths = [];
    private UdpSocket _socket = null!;
    private DatagramSender _sender = null!;
    private TimeSpan _now;

    [Params(1, 100, 1000)]
    public int Viewers { get; set; }

    [Params(NamedProfile.Gcm, NamedProfile.Counter)]
    public string Profile { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        _socket = UdpSocket.Open(new IPEndPoint(IPAddress.IPv6Any, 0));
        _sender = new DatagramSender(_socket) { ForgetsAll = true };
        _viewers = [.. Enumerable.Range(0, Viewers).Select(_ => StartViewer())];
        var local = TransportAddress.From(IPAddress.Parse("198.51.100.1"), 8890);
        _paths = [.. Enumerable.Range(0, Viewers).Select(i => new TransportPath(local, TransportAddress.From(new IPAddress([192, 0, (byte)(i >> 8), (byte)i]), 4000)))];
        // What is kept for retransmission fills up and is given back from then on.
        long before = _sender.DatagramsSent;
        for (int i = 0; i < WarmUpRounds; i++)
            SendRound();
        _sender.Flush();
        if (_sender.DatagramsSent - before != WarmUpRounds * Viewers * PacketsPerRound)
            throw new InvalidOperationException($"{_sender.DatagramsSent - before} packets left in {WarmUpRounds} rounds to {Viewers} viewers, not {PacketsPerRound} a round.");
    }

    [Benchmark(OperationsPerInvoke = ViewerRounds * PacketsPerRound)]
    public void SendPacket()
    {
        for (int i = 0; i < ViewerRounds / Viewers; i++)
            SendRound();
        _sender.Flush();
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        foreach (MediaSender viewer in _viewers)
            viewer.Dispose();
        _sender.Dispose();
        _socket.Dispose();
    }

    private MediaSender StartViewer()
    {
        var viewer = new MediaSender(
            new NegotiatedSession
            {
                LocalIce = IceCredentials.Create(),
                RemoteIce = IceCredentials.Create(),
                IceRole = IceRole.LiteControlled,
                RemoteCandidates = [],
                DtlsRole = DtlsRole.Client,
                RemoteFingerprints = [],
                Media = [Sections.Audio, Sections.Video],
            },
            ntpEpoch: 0);
        viewer.Start(NamedProfile.Of(Profile), RandomNumberGenerator.GetBytes(16), RandomNumberGenerator.GetBytes(NamedProfile.SaltBytes(Profile)));
        return viewer;
    }

    // A packet of sound that comes with a picture rides in its message.
    private void SendRound()
    {
        for (int i = 0; i < SoundsPerRound; i++)
        {
            _now += _soundInterval;
            Send(withPicture: i % 2 == 0);
        }
    }

    private void Send(bool withPicture)
    {
        PacketizedFrame sound = _pool.Rent(_sound.Length);
        sound.Begin(MediaKind.Audio, _now, isKeyFrame: false, _now);
        OpusPacketizer.Packetize(_sound, sound);
        PacketizedFrame picture = _pool.Rent(_picture.Length);
        picture.Begin(MediaKind.Video, _now, isKeyFrame: false, _now);
        if (withPicture)
            H264Packetizer.Packetize(_picture, picture);
        for (int i = 0; i < _viewers.Length; i++)
        {
            MediaSender viewer = _viewers[i];
            if (!viewer.Enqueue(sound, _now, isReplayed: false) || (withPicture && !viewer.Enqueue(picture, _now, isReplayed: false)))
                throw new InvalidOperationException("The viewer takes no frame.");
            while (viewer.WriteRtp(_now, _sender.GetBuffer(), out int segmentBytes) is > 0 and int bytes)
                _sender.Enqueue(new Transmit(_paths[i], bytes, segmentBytes));
        }

        sound.Release();
        picture.Release();
    }
}
