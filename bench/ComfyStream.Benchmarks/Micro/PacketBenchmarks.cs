using BenchmarkDotNet.Attributes;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Packetization;
using ComfyStream.WebRtc.Rtp;

namespace ComfyStream.Benchmarks.Micro;

/// <summary>Cutting a picture of 8 KB into packets and putting it together again; packets' headers.</summary>
public class PacketBenchmarks
{
    private readonly byte[] _picture = CodedPicture.Create();
    private readonly byte[] _vp8Picture = CodedPicture.Create();
    private readonly byte[] _sound = CodedPicture.Create()[..160];
    private readonly byte[] _destination = new byte[1 << 14];
    private readonly byte[] _header = new byte[64];
    private readonly Vp8Packetizer _vp8Packetizer = new(1);
    private readonly PacketizedFrame _packets = new(_ => { });
    private readonly PacketizedFrame _h264 = new(_ => { });
    private readonly PacketizedFrame _vp8 = new(_ => { });
    private byte[] _extensions = [];
    private int _headerBytes;
    private ushort _sequence;

    [GlobalSetup]
    public void Setup()
    {
        _extensions = RtpHeaderWriter.MakeExtensionBlock(Sections.Video.Extensions, Sections.Video.Mid);
        _headerBytes = WriteHeader();
        _h264.Begin(MediaKind.Video, default, isKeyFrame: false, default);
        H264Packetizer.Packetize(_picture, _h264);
        // Of a picture that is no key frame (RFC 6386 9.1).
        _vp8Picture[0] |= 1;
        _vp8.Begin(MediaKind.Video, default, isKeyFrame: false, default);
        _vp8Packetizer.Packetize(_vp8Picture, _vp8);
    }

    [Benchmark]
    public int PacketizeH264()
    {
        _packets.Begin(MediaKind.Video, default, isKeyFrame: false, default);
        return H264Packetizer.Packetize(_picture, _packets);
    }

    [Benchmark]
    public int PacketizeVp8()
    {
        _packets.Begin(MediaKind.Video, default, isKeyFrame: false, default);
        return _vp8Packetizer.Packetize(_vp8Picture, _packets);
    }

    [Benchmark]
    public int PacketizeOpus()
    {
        _packets.Begin(MediaKind.Audio, default, isKeyFrame: false, default);
        return OpusPacketizer.Packetize(_sound, _packets);
    }

    [Benchmark]
    public int DepacketizeH264() => Depacketize(_h264);

    [Benchmark]
    public int DepacketizeVp8() => Depacketize(_vp8);

    [Benchmark]
    public int WriteHeader() =>
        RtpHeaderWriter.Write(_header, marker: true, Sections.VideoPayloadType, _sequence++, timestamp: 90_000, Sections.VideoSsrc, _extensions);

    [Benchmark]
    public int ParseHeader() => RtpHeader.TryParse(_header.AsSpan(0, _headerBytes), out RtpHeader header)
        ? header.SequenceNumber
        : throw new InvalidOperationException("The header is not read.");

    [Benchmark]
    public int Classify() => (int)DatagramClassifier.Classify(_header.AsSpan(0, _headerBytes));

    private int Depacketize(PacketizedFrame packets)
    {
        var depacketizer = new FrameDepacketizer(packets.Format, _destination);
        for (int i = 0; i < packets.PacketCount; i++)
        {
            if (!depacketizer.TryAdd(packets.GetPayload(i)))
                throw new InvalidOperationException("A packet is not taken.");
        }

        return depacketizer.ByteCount;
    }
}
