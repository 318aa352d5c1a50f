using System.Buffers.Binary;
using ComfyStream.WebRtc.Packetization;
using ComfyStream.WebRtc.Rtcp;
using ComfyStream.WebRtc.Rtp;
using ComfyStream.WebRtc.Streams;
using ComfyStream.WebRtc.Tests.Packetization;
using Xunit;
using static ComfyStream.WebRtc.Tests.Streams.StreamSample;

namespace ComfyStream.WebRtc.Tests.Streams;

/// <summary>Answers to NACK as RTX packets (RFC 4588), and what else a sent stream hears of its peer.</summary>
public sealed class RtxSendTests
{
    private const ushort FirstRtxSequence = 500;

    private readonly FrameCounter _frames = new();
    private readonly RtpSendStream _stream = new(VideoWithRtx(), 1000, 77, 0, FirstRtxSequence);

    [Fact]
    public void A_retransmission_has_its_own_source_type_and_sequence_and_carries_the_original()
    {
        List<byte[]> sent = Send(_frames.Make(3, Ms(40)));
        Nack(Ms(60), 1002);

        Assert.True(_stream.TryPeekPacket(Ms(60), out RtpPacketToSend packet));
        Assert.True(packet.IsRetransmission);
        byte[] rtx = _stream.TakePacket(Ms(60))!;
        Assert.True(RtpHeader.TryParse(sent[2], out RtpHeader original));
        Assert.True(RtpHeader.TryParse(rtx, out RtpHeader header));
        Assert.Equal((RtxSsrc, RtxPayloadType, FirstRtxSequence), (header.Ssrc, header.PayloadType, header.SequenceNumber));
        Assert.Equal((original.Timestamp, original.Marker), (header.Timestamp, header.Marker));
        Assert.True(header.TryGetExtension(rtx, 4, out ReadOnlySpan<byte> mid));
        Assert.Equal("1"u8.ToArray(), mid.ToArray());
        Assert.Equal([0x03, 0xEA, .. sent[2][original.LengthBytes..]], rtx[header.LengthBytes..]);
        Assert.Equal((1, 100, 3), (_stream.PacketsRetransmitted, _stream.BytesRetransmitted, _stream.PacketsSent));
    }

    [Fact]
    public void Each_retransmission_even_of_one_packet_has_a_new_index_and_peeking_takes_none()
    {
        Send(_frames.Make(3));
        HashSet<ulong> indices = [];
        for (int i = 0; i < 10; i++)
        {
            Nack(Ms(i * 60), 1001);
            for (int peek = 0; peek < 3; peek++)
            {
                Assert.True(_stream.TryPeekPacket(Ms(i * 60), out RtpPacketToSend packet));
                Assert.Equal((ulong)(FirstRtxSequence + i), packet.PacketIndex);
                indices.Add(packet.PacketIndex);
            }

            Assert.NotNull(_stream.TakePacket(Ms(i * 60)));
        }

        Assert.Equal(10, indices.Count);
    }

    [Fact]
    public void The_sequence_of_retransmissions_wraps_into_its_own_roll_over_counter()
    {
        RtpSendStream stream = new(VideoWithRtx(), 1, 0, 0, 0xFFFF);
        ulong expected = 0x7FFF;
        for (int i = 0; i < 0x18010; i++)
        {
            List<byte[]> sent = Send(stream, _frames.Make(5), Ms(i * 60));
            stream.HandleNack(Ms(i * 60), new NackItem(SequenceOf(sent[4]), 0));
            Assert.True(stream.TryPeekPacket(Ms(i * 60), out RtpPacketToSend packet));
            Assert.Equal((expected++, RtxSsrc), (packet.PacketIndex, packet.Ssrc));
            stream.Advance();
        }

        Assert.True(expected > 2 << 16);
    }

    [Fact]
    public void A_codec_without_retransmissions_is_sent_again_as_it_was()
    {
        RtpSendStream stream = new(VideoWithRtx() with { Codecs = [new RtpCodec(VideoPayloadType, "H264", 90000, 0, "")] }, 1000, 0, 0, FirstRtxSequence);
        List<byte[]> sent = Send(stream, _frames.Make(3));
        stream.HandleNack(Ms(1), new NackItem(1001, 0));
        Assert.Equal(sent[1], stream.TakePacket(Ms(1)));

        RtpSendStream withoutSource = new(VideoWithRtx() with { LocalRtxSsrc = null }, 1000, 0, 0, FirstRtxSequence);
        sent = Send(withoutSource, _frames.Make(3));
        withoutSource.HandleNack(Ms(1), new NackItem(1001, 0));
        Assert.Equal(sent[1], withoutSource.TakePacket(Ms(1)));
    }

    [Fact]
    public void Each_codec_has_its_payload_types_and_sequence_and_timeline_go_on_over_a_change()
    {
        Send(_frames.Make(2, Ms(0)));
        PacketizedFrame vp8 = MakeVp8(Ms(100));
        List<byte[]> sent = Send(vp8);
        Nack(Ms(120), 1002);
        byte[] rtx = _stream.TakePacket(Ms(120))!;

        Assert.True(RtpHeader.TryParse(Assert.Single(sent), out RtpHeader header));
        Assert.Equal((Vp8PayloadType, (ushort)1002, Ssrc, 77u + 9000), (header.PayloadType, header.SequenceNumber, header.Ssrc, header.Timestamp));
        Assert.True(RtpHeader.TryParse(rtx, out header));
        Assert.Equal((Vp8RtxPayloadType, RtxSsrc), (header.PayloadType, header.Ssrc));
    }

    [Fact]
    public void A_frame_of_a_codec_that_was_not_negotiated_is_refused_and_given_back()
    {
        RtpSendStream stream = new(Video(), 1000, 0, 0);
        PacketizedFrame vp8 = MakeVp8(Ms(0));
        Assert.False(stream.Enqueue(vp8));
        vp8.Release();

        Assert.Equal((1, 0), (stream.FramesDropped, stream.FramesQueued));
        Assert.Equal(0, _frames.Outstanding);
    }

    [Fact]
    public void In_any_second_at_most_the_bytes_that_are_sent_and_the_burst_are_sent_again()
    {
        Queue<(TimeSpan At, int Bytes)> second = new();
        for (int i = 0; i < 2000; i++)
        {
            TimeSpan now = Ms(i * 10);
            List<byte[]> frame = Send(_stream, _frames.Make(8), now);
            ushort last = SequenceOf(frame[^1]);
            _stream.HandleNack(now, new NackItem((ushort)(last - 16), 0xFFFF));
            second.Enqueue((now, _stream.TakePackets(now).Sum(packet => packet.Length)));
            while (second.Peek().At <= now - Ms(1000))
                second.Dequeue();

            int sentInSecond = 100 * frame.Sum(packet => packet.Length);
            Assert.True(second.Sum(answer => answer.Bytes) <= sentInSecond + RetransmissionQueue.MaxBurstBytes);
        }

        Assert.True(_stream.RetransmissionsRefused > 10_000);
        Assert.True(_stream.BytesRetransmitted > _stream.BytesSent * 4 / 5);
    }

    [Theory]
    [InlineData(20, 19, 21)]
    [InlineData(120, 119, 121)]
    [InlineData(2, 9, 10)]
    [InlineData(900, 249, 250)]
    public void A_request_repeated_within_the_round_trip_is_not_answered_again(int roundTrip, int tooEarly, int late)
    {
        Send(_frames.Make(3));
        ReportBlock block = new(Ssrc, 0, 0, 0, 0, NtpTime.ToCompact(NtpTime.FromTime(Ms(10_000 - roundTrip))), 0);
        _stream.HandleReportBlock(Ms(10_000), block);
        Send(_stream, _frames.Make(3), Ms(10_000));

        Nack(Ms(10_000), 1004);
        Assert.Single(_stream.TakePackets(Ms(10_000)));
        Nack(Ms(10_000 + tooEarly), 1004);
        Assert.Empty(_stream.TakePackets(Ms(10_000 + tooEarly)));
        Nack(Ms(10_000 + late), 1004);
        Assert.Single(_stream.TakePackets(Ms(10_000 + late)));
    }

    [Fact]
    public void A_full_intra_request_counts_once_however_often_it_is_repeated()
    {
        Assert.True(Ask(1, Ssrc, 7));
        Assert.False(Ask(1, Ssrc, 7));
        Assert.False(Ask(1, Ssrc, 7));
        Assert.True(Ask(1, Ssrc, 8));
        Assert.True(Ask(2, Ssrc, 8));
        Assert.False(Ask(2, Ssrc + 1, 9));
        Assert.False(Ask(2, RtxSsrc, 9));

        MediaStatistics statistics = default;
        _stream.AddStatistics(ref statistics);
        Assert.Equal((3, 0), (statistics.FullIntraRequestsReceived, statistics.PictureLossesReceived));

        bool Ask(uint sender, uint media, byte number) => Handle((ref RtcpWriter writer) => writer.TryWriteFullIntraRequest(sender, media, number));
    }

    [Fact]
    public void Every_picture_loss_of_this_stream_asks_for_a_key_frame_and_none_of_sound_does()
    {
        Assert.True(Handle((ref RtcpWriter writer) => writer.TryWritePictureLossIndication(1, Ssrc)));
        Assert.True(Handle((ref RtcpWriter writer) => writer.TryWritePictureLossIndication(1, Ssrc)));
        Assert.False(Handle((ref RtcpWriter writer) => writer.TryWritePictureLossIndication(1, Ssrc + 1)));

        RtpSendStream sound = new(Audio(), 1, 0, 0);
        Assert.False(Handle((ref RtcpWriter writer) => writer.TryWritePictureLossIndication(1, Ssrc), sound));
    }

    [Fact]
    public void A_nack_of_another_source_is_not_ours()
    {
        Send(_frames.Make(3));
        Handle((ref RtcpWriter writer) => writer.TryWriteGenericNack(1, RtxSsrc, [new NackItem(1001, 0)]));
        Assert.Null(_stream.TakePacket(Ms(1)));

        Handle((ref RtcpWriter writer) => writer.TryWriteGenericNack(1, Ssrc, [new NackItem(1001, 0), new NackItem(1002, 0)]));
        Assert.Equal(2, _stream.TakePackets(Ms(1)).Count);
        Assert.Equal(1, _stream.NacksReceived);
    }

    [Fact]
    public void A_request_for_what_is_forgotten_asks_for_a_key_frame_once()
    {
        Send(_stream, Picture(isKeyFrame: true), Ms(0));
        Send(_stream, Picture(), Ms(100));
        Send(_stream, Picture(), Ms(2000));

        Assert.True(Ask(Ms(2000), 1004));
        Assert.False(Ask(Ms(2010), 1005));
        Send(_stream, Picture(isKeyFrame: true), Ms(2020));
        Assert.False(Ask(Ms(2030), 1003));
    }

    [Fact]
    public void Nothing_between_what_is_forgotten_and_the_next_key_frame_is_sent_again()
    {
        Send(_stream, Picture(isKeyFrame: true), Ms(0));
        Send(_stream, Picture(), Ms(2000));
        Ask(Ms(2000), 1000, 1003, 1004);
        Assert.Empty(_stream.TakePackets(Ms(2000)));

        Send(_stream, Picture(), Ms(2030));
        Ask(Ms(2040), 1006, 1008);
        Assert.Empty(_stream.TakePackets(Ms(2040)));

        Send(_stream, Picture(isKeyFrame: true), Ms(2060));
        Send(_stream, Picture(), Ms(2090));
        Ask(Ms(2100), 1003, 1008, 1009, 1013);
        Assert.Equal([1009, 1013], Originals(Ms(2100)));
    }

    [Fact]
    public void A_key_frame_that_was_lost_with_what_is_forgotten_is_sent_again_instead_of_a_new_one()
    {
        Send(_stream, Picture(isKeyFrame: true), Ms(0));
        Send(_stream, Picture(), Ms(1500));
        Send(_stream, Picture(isKeyFrame: true), Ms(2000));
        Send(_stream, Picture(), Ms(2030));

        Assert.False(Ask(Ms(2040), 1001, 1003, 1006, 1007, 1009));
        Assert.Equal([1006, 1007, 1009], Originals(Ms(2040)));
    }

    [Fact]
    public void Sound_goes_on_anywhere_so_forgotten_packets_of_it_change_nothing()
    {
        RtpSendStream sound = new(Audio() with { Nack = true }, 1000, 0, 0);
        foreach (int at in new[] { 0, 2000, 2020 })
        {
            PacketizedFrame packet = _frames.Begin(MediaKind.Audio, Ms(at), isKeyFrame: false);
            packet.AppendPacket(50);
            Send(sound, packet, Ms(at));
        }

        Assert.False(Handle((ref RtcpWriter writer) => writer.TryWriteGenericNack(1, Ssrc, [new NackItem(1000, 0b11)]), sound, Ms(2030)));
        Assert.Equal([1001, 1002], sound.TakePackets(Ms(2030)).Select(SequenceOf));
    }

    private PacketizedFrame Picture(bool isKeyFrame = false)
    {
        PacketizedFrame frame = _frames.Begin(MediaKind.Video, TimeSpan.Zero, isKeyFrame);
        for (int i = 0; i < 3; i++)
            frame.AppendPacket(100);
        return frame;
    }

    private bool Ask(TimeSpan now, params int[] sequences) => Handle(
        (ref RtcpWriter writer) => writer.TryWriteGenericNack(1, Ssrc, [.. sequences.Select(sequence => new NackItem((ushort)sequence, 0))]), now: now);

    /// <summary>Takes all RTX packets: the sequence numbers of what they carry.</summary>
    private IEnumerable<int> Originals(TimeSpan now)
    {
        foreach (byte[] rtx in _stream.TakePackets(now))
        {
            Assert.True(RtpHeader.TryParse(rtx, out RtpHeader header));
            yield return BinaryPrimitives.ReadUInt16BigEndian(rtx.AsSpan(header.LengthBytes));
        }
    }

    private delegate bool Write(ref RtcpWriter writer);

    private bool Handle(Write write, RtpSendStream? stream = null, TimeSpan now = default)
    {
        byte[] memory = new byte[100];
        RtcpWriter writer = new(memory);
        Assert.True(write(ref writer));
        RtcpReader reader = new(memory.AsSpan(0, writer.ByteCount));
        Assert.True(reader.MoveNext());
        return (stream ?? _stream).HandleFeedback(now, reader.Current);
    }

    private PacketizedFrame MakeVp8(TimeSpan mediaTime)
    {
        PacketizedFrame frame = _frames.Begin(MediaKind.Video, mediaTime);
        new Vp8Packetizer(1).Packetize(Vp8Tests.KeyFrame(500), frame);
        return frame;
    }

    private List<byte[]> Send(PacketizedFrame frame) => Send(_stream, frame);

    private static List<byte[]> Send(RtpSendStream stream, PacketizedFrame frame, TimeSpan now = default)
    {
        Assert.True(stream.Enqueue(frame));
        frame.Release();
        return stream.TakePackets(now);
    }

    private void Nack(TimeSpan now, int sequence) => _stream.HandleNack(now, new NackItem((ushort)sequence, 0));
}
