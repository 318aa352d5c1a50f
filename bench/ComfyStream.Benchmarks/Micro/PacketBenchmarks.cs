using System.Net;
using System.Text;
using BenchmarkDotNet.Attributes;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Packetization;
using ComfyStream.WebRtc.Stun;

namespace ComfyStream.Benchmarks.Micro;

/// <summary>Cutting a picture into packets, and answering a check of connectivity.</summary>
public class PacketBenchmarks
{
    private readonly TransportPath _path = new(
        TransportAddress.From(IPAddress.Parse("198.51.100.1"), 8890), TransportAddress.From(IPAddress.Parse("192.0.2.1"), 4000));

    private readonly byte[] _picture = CodedPicture.Create();
    private readonly byte[] _check = new byte[256];
    private readonly byte[] _answer = new byte[1 << 16];
    private PacketizedFrame _packets = null!;
    private IceAgent _agent = null!;
    private int _checkBytes;

    [GlobalSetup]
    public void Setup()
    {
        _packets = new PacketizedFrame(_ => { });
        var (ours, theirs) = (IceCredentials.Create(), IceCredentials.Create());
        _agent = new IceAgent(IceRole.LiteControlled, ours, theirs, [], tieBreaker: 1);
        var writer = new StunMessageWriter(_check, StunClass.Request, StunTransactionId.Create());
        writer.WriteUsername(Encoding.ASCII.GetBytes($"{ours.UserFragment}:{theirs.UserFragment}"));
        writer.WritePriority(1);
        writer.WriteIceControlling(2);
        writer.WriteUseCandidate();
        writer.WriteMessageIntegrity(Encoding.ASCII.GetBytes(ours.Password));
        writer.WriteFingerprint();
        _checkBytes = writer.ByteCount;
    }

    [Benchmark(Description = "Packetize a picture of 8 KB")]
    public int Packetize()
    {
        _packets.Begin(MediaKind.Video, default, isKeyFrame: false, default);
        return H264Packetizer.Packetize(_picture, _packets);
    }

    [Benchmark(Description = "Answer a STUN check")]
    public int AnswerCheck()
    {
        if (!_agent.HandleStun(default, _path, _check.AsSpan(0, _checkBytes)) || !_agent.TryGetTransmit(_answer, out Transmit transmit))
            throw new InvalidOperationException("The check was not answered.");
        return transmit.ByteCount;
    }
}
