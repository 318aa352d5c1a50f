using System.Buffers.Binary;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Rtcp;
using ComfyStream.WebRtc.Rtp;
using ComfyStream.WebRtc.Sdp;
using ComfyStream.WebRtc.Streams;

namespace ComfyStream.Fuzzing.Targets;

/// <summary>What an authenticated sender can do to one received stream: packets in any order, retransmissions, reports, and time.</summary>
internal sealed class StreamTarget : IFuzzTarget
{
    private const uint Ssrc = 0x1234;
    private const byte H264 = 102;
    private const byte Vp8 = 104;
    private const int HeaderBytes = 6;
    private static readonly byte[] Idr = [0x78, 0, 5, 0x67, 0x42, 0xE0, 0x1F, 1, 0, 5, 0x65, 0x88, 1, 2, 3];
    private static readonly byte[] Delta = [0x41, 0x9A, 1, 2, 3];

    private readonly byte[] _frame = new byte[2 << 20];
    private readonly byte[] _rtcp = new byte[1500];
    private readonly byte[] _packet = new byte[(1 << 16) + RtpHeader.FixedLengthBytes];

    public string Name => "stream";

    public IReadOnlyList<byte[]> Seeds { get; } =
    [
        OperationReader.Write(Packet(1, 10, Idr), Packet(2, 20, Delta), Packet(4, 40, Delta), Time(10), Packet(3, 30, Delta), Time(100), Packet(5, 50, Delta)),
        OperationReader.Write(Packet(65530, 10, Idr), Packet(2, 20, Delta), Time(255), Time(255), Packet(300, 40, Idr), Packet(301, 50, Delta)),
        OperationReader.Write(Packet(9, 10, Idr), Packet(11, 30, Delta), (2, [0, 10, 0, 20, 0x80, 0, 0, 10, .. Delta]), Time(40), (3, [0, 0, 0, 1]), Packet(12, 40, Delta)),
    ];

    public bool Run(Span<byte> input)
    {
        var now = TimeSpan.FromSeconds(1);
        var stream = new RtpReceiveStream(MakeMedia(), Ssrc);
        bool isAccepted = false;
        var reader = new OperationReader(input);
        while (reader.MoveNext())
        {
            switch (reader.Kind % 4)
            {
                case 0:
                    now += TimeSpan.FromMilliseconds(reader.Body.IsEmpty ? 0 : reader.Body[0]);
                    HandleDeadline(stream, now);
                    break;
                case 1 or 2 when reader.Body.Length >= HeaderBytes:
                    isAccepted |= Handle(stream, now, reader.Kind % 4 == 2, reader.Body);
                    break;
                case 3:
                    stream.HandleSenderReport(now, new SenderReport(Ssrc, (ulong)reader.Body.Length << 32, (uint)reader.Body.Length, 1, 1));
                    stream.TryGetSenderReport(out _, out _);
                    break;
            }

            Drain(stream, now);
        }

        return isAccepted;
    }

    private static (byte Kind, byte[] Body) Packet(ushort sequence, ushort timestamp, byte[] payload) =>
        (1, [(byte)(sequence >> 8), (byte)sequence, (byte)(timestamp >> 8), (byte)timestamp, 0x80, 0, .. payload]);

    private static (byte Kind, byte[] Body) Time(byte milliseconds) => (0, [milliseconds]);

    // Each call gives up at least one hole, and there are no more than half as many as the buffer has places.
    private void HandleDeadline(RtpReceiveStream stream, TimeSpan now)
    {
        int calls = 0;
        do
        {
            stream.HandleDeadline(now);
            Drain(stream, now);
            FindingException.ThrowUnless(++calls <= 512, "a deadline that stays due");
        }
        while (stream.NextDeadline <= now);
    }

    private static NegotiatedMedia MakeMedia()
    {
        var h264 = new RtpCodec(H264, "H264", 90000, 0, "") { RtxPayloadType = 103 };
        return new NegotiatedMedia
        {
            Mid = "0",
            Kind = MediaKind.Video,
            Send = false,
            Receive = true,
            Codec = h264,
            Codecs = [h264, new RtpCodec(Vp8, "VP8", 90000, 0, "")],
            Extensions = new HeaderExtensionMap(),
            LocalSsrc = 1,
            Cname = "fuzz",
            Nack = true,
        };
    }

    // Two bytes of sequence number, two of timestamp (milliseconds, or the upper half), one with the marker and that choice, one that
    // chooses the codec, and the payload.
    private bool Handle(RtpReceiveStream stream, TimeSpan now, bool isRetransmission, ReadOnlySpan<byte> body)
    {
        byte payloadType = (body[5] & 3) switch { 0 or 1 => H264, 2 => Vp8, _ => 77 };
        Span<byte> packet = _packet.AsSpan(0, RtpHeader.FixedLengthBytes + body.Length - HeaderBytes);
        packet[0] = 0x80;
        packet[1] = (byte)((body[4] & 0x80) | payloadType);
        body[..2].CopyTo(packet[2..]);
        uint time = BinaryPrimitives.ReadUInt16BigEndian(body[2..]);
        BinaryPrimitives.WriteUInt32BigEndian(packet[4..], (body[4] & 1) == 0 ? time * 90 : time << 16);
        BinaryPrimitives.WriteUInt32BigEndian(packet[8..], Ssrc);
        body[HeaderBytes..].CopyTo(packet[RtpHeader.FixedLengthBytes..]);
        RtpHeader.TryParse(packet, out RtpHeader header);
        ReadOnlySpan<byte> payload = packet[RtpHeader.FixedLengthBytes..];
        return isRetransmission ? stream.HandleRetransmission(now, header, payloadType, payload) : stream.HandlePacket(now, header, payload);
    }

    private void Drain(RtpReceiveStream stream, TimeSpan now)
    {
        int frames = 0;
        while (stream.TryGetFrame(out ReceivedFrame frame))
        {
            FindingException.ThrowUnless(frame.ByteCount > 0, "an empty frame");
            FindingException.ThrowUnless(frame.LastArrival >= frame.FirstArrival && frame.LastArrival <= now, "a frame from the future");
            FindingException.ThrowUnless(stream.ReadFrame(_frame) == frame.ByteCount, "a frame of another size than it was told");
            FindingException.ThrowUnless(++frames < 5000, "frames without end");
        }

        stream.TryTakeLoss();
        int requests = 0;
        while (stream.IsNackDue(now))
        {
            var writer = new RtcpWriter(_rtcp);
            stream.TryWriteNack(now, 1, ref writer);
            FindingException.ThrowUnless(++requests < 100, "requests without end");
        }

        stream.TryTakeReportBlock(now, out _);
    }
}
