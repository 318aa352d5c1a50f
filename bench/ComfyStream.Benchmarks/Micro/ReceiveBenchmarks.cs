using System.Net;
using System.Text;
using BenchmarkDotNet.Attributes;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Packetization;
using ComfyStream.WebRtc.Rtcp;
using ComfyStream.WebRtc.Rtp;
using ComfyStream.WebRtc.Streams;
using ComfyStream.WebRtc.Stun;

namespace ComfyStream.Benchmarks.Micro;

/// <summary>What comes in: a publisher's packets, decrypted, and the viewers' checks and reports.</summary>
public class ReceiveBenchmarks
{
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(33);

    private readonly TransportPath _path = new(
        TransportAddress.From(IPAddress.Parse("198.51.100.1"), 8890), TransportAddress.From(IPAddress.Parse("192.0.2.1"), 4000));

    private readonly byte[] _frame = new byte[1 << 14];
    private readonly byte[] _packet = new byte[64];
    private readonly byte[] _payload = new byte[1200];
    private readonly PacketizedFrame _keyFrame = new(_ => { });
    private readonly RtpReceiveStream _stream = new(Sections.Video, Sections.VideoSsrc);
    private readonly JitterBuffer _jitterBuffer = new(1024);
    private readonly NackGenerator _nack = new();
    private readonly RetransmissionBuffer _sent = new(128);
    private readonly byte[] _report = new byte[128];
    private readonly byte[] _check = new byte[256];
    private readonly byte[] _answer = new byte[1 << 16];
    private RtpSendStream _sender = null!;
    private IceAgent _agent = null!;
    private int _checkBytes;
    private int _reportBytes;
    private TimeSpan _now;
    private ushort _sequence;
    private long _buffered;
    private long _expected;
    private ulong _sentIndex;

    [GlobalSetup]
    public void Setup()
    {
        _keyFrame.Begin(MediaKind.Video, default, isKeyFrame: true, default);
        H264Packetizer.Packetize(CodedPicture.Create(isKeyFrame: true), _keyFrame);
        _sender = new RtpSendStream(Sections.Video, 0, 0, 0);
        WriteReport();
        WriteCheck();
    }

    [Benchmark(Description = "Take in a key frame of 9 packets and read it")]
    public int ReceivePicture()
    {
        _now += _interval;
        for (int i = 0; i < _keyFrame.PacketCount; i++)
        {
            int bytes = RtpHeaderWriter.Write(
                _packet, marker: i == _keyFrame.PacketCount - 1, Sections.VideoPayloadType, _sequence++, (uint)RtpTimestamp.FromTime(_now, 90_000), Sections.VideoSsrc, []);
            if (!RtpHeader.TryParse(_packet.AsSpan(0, bytes), out RtpHeader header) || !_stream.HandlePacket(_now, header, _keyFrame.GetPayload(i)))
                throw new InvalidOperationException("A packet is not taken.");
        }

        return _stream.TryGetFrame(out _) ? _stream.ReadFrame(_frame) : throw new InvalidOperationException("The picture is not whole.");
    }

    [Benchmark(Description = "Reorder two packets in the jitter buffer")]
    public int Reorder()
    {
        _jitterBuffer.Add(_buffered + 1, 0, marker: true, default, PayloadFormat.H264, _payload);
        _jitterBuffer.Add(_buffered, 0, marker: false, default, PayloadFormat.H264, _payload);
        _buffered += 2;
        _jitterBuffer.DropBefore(_buffered);
        return (int)_jitterBuffer.ContiguousEnd;
    }

    [Benchmark(Description = "Miss a packet, ask for it, get it")]
    public int Nack()
    {
        _now += _interval;
        Span<NackItem> items = stackalloc NackItem[4];
        _nack.HandlePacket(_now, _expected);
        _nack.HandlePacket(_now, _expected + 2);
        int count = _nack.TakeDue(_now + _interval, items);
        _nack.HandlePacket(_now + _interval, _expected + 1);
        _expected += 3;
        return count == 1 && _nack.MissingCount == 0 ? count : throw new InvalidOperationException("The packet is not asked for.");
    }

    [Benchmark(Description = "Keep a sent picture and find a packet of it")]
    public int Keep()
    {
        _now += _interval;
        _keyFrame.AddReference();
        _sent.Add(new SentFrame { Frame = _keyFrame, FirstPacketIndex = _sentIndex, SentAt = _now });
        _keyFrame.Release();
        bool isFound = _sent.TryFind(_sentIndex + 3, out _, out int packet);
        _sentIndex += (ulong)_keyFrame.PacketCount;
        return isFound ? packet : throw new InvalidOperationException("The packet is not found.");
    }

    [Benchmark(Description = "Read a viewer's report")]
    public int ReadReport()
    {
        int packets = 0;
        var reader = new RtcpReader(_report.AsSpan(0, _reportBytes));
        while (reader.MoveNext())
        {
            packets++;
            _sender.HandleFeedback(_now, reader.Current);
        }

        return packets;
    }

    [Benchmark(Description = "Answer a STUN check")]
    public int AnswerCheck()
    {
        if (!_agent.HandleStun(default, _path, _check.AsSpan(0, _checkBytes)) || !_agent.TryGetTransmit(_answer, out Transmit transmit))
            throw new InvalidOperationException("The check was not answered.");
        return transmit.ByteCount;
    }

    private void WriteReport()
    {
        var writer = new RtcpWriter(_report);
        ReportBlock block = new(Sections.VideoSsrc, 0, 0, 4711, 90, 0, 0);
        if (!writer.TryWriteReceiverReport(1, [block]) || !writer.TryWriteCname(1, "viewer"))
            throw new InvalidOperationException("The report has no room.");
        _reportBytes = writer.ByteCount;
    }

    private void WriteCheck()
    {
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
}
