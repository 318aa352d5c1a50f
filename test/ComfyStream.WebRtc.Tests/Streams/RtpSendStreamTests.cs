using ComfyStream.WebRtc.Packetization;
using ComfyStream.WebRtc.Rtcp;
using ComfyStream.WebRtc.Rtp;
using ComfyStream.WebRtc.Streams;
using Xunit;
using static ComfyStream.WebRtc.Tests.Streams.StreamSample;

namespace ComfyStream.WebRtc.Tests.Streams;

public sealed class RtpSendStreamTests
{
    private const uint TimestampOffset = 0xFFFF_F000;
    private const ulong NtpEpoch = 0xE0000000_00000000;

    private readonly FrameCounter _frames = new();
    private readonly RtpSendStream _stream = new(Video(), 1000, TimestampOffset, NtpEpoch);

    [Fact]
    public void Frames_of_the_past_are_spaced_out_and_what_is_live_follows_them()
    {
        RtpSendStream stream = _stream;
        for (int i = 0; i < 20; i++)
        {
            PacketizedFrame past = _frames.Make(packets: 9, payloadBytes: 1100);
            Assert.True(stream.Enqueue(past, Ms(1000 + i), isReplayed: true));
            past.Release();
        }

        PacketizedFrame live = _frames.Make(1);
        Assert.True(stream.Enqueue(live, Ms(1033)));
        live.Release();

        int most = 0;
        int bursts = 0;
        int total = 0;
        List<uint> timestamps = [];
        for (TimeSpan now = Ms(2000); stream.FramesQueued > 0; now += Ms(1))
        {
            Assert.True(now < Ms(2200), "The past takes too long.");
            int inStep = 0;
            for (; stream.TryPeekPacket(now, out RtpPacketToSend packet); stream.Advance(), inStep++)
            {
                if (timestamps.Count == 0 || timestamps[^1] != packet.RtpTimestamp)
                    timestamps.Add(packet.RtpTimestamp);
            }

            total += inStep;
            most = Math.Max(most, inStep);
            bursts += inStep > 0 ? 1 : 0;
            if (stream.FramesQueued > 0)
                Assert.InRange(stream.NextDeadline, TimeSpan.Zero, Ms(2200));
        }

        Assert.Equal(181, total);
        // Five frames of 10 KB at once, the live one with the last of them.
        Assert.InRange(most, 9, 46);
        Assert.InRange(bursts, 4, 6);
        Assert.Equal([.. Enumerable.Repeat(90u, 19), 14 * 90u], timestamps.Zip(timestamps.Skip(1)).Select(pair => pair.Second - pair.First));
    }

    [Fact]
    public void A_burst_of_the_past_does_not_make_room_for_more_of_what_is_live()
    {
        RtpSendStream stream = _stream;
        int accepted = 0;
        PacketizedFrame frame = _frames.Make(1);
        for (int i = 0; i < 200; i++)
            accepted += stream.Enqueue(frame, Ms(i), isReplayed: true) ? 1 : 0;
        Assert.Equal(128, accepted);

        accepted = 0;
        for (int i = 0; i < 20; i++)
            accepted += stream.Enqueue(frame, Ms(200 + i)) ? 1 : 0;
        Assert.Equal(8, accepted);
        stream.ReleaseAll();
        frame.Release();
    }

    [Fact]
    public void A_frame_leaves_with_counted_packets_one_timestamp_the_mid_and_a_marker_at_its_end()
    {
        Send(_stream, _frames.Make(2, Ms(0)));
        PacketizedFrame frame = _frames.Make(3, TimeSpan.FromTicks(333_333));
        Assert.True(_stream.Enqueue(frame));

        for (int i = 0; i < 3; i++)
        {
            Assert.True(_stream.TryPeekPacket(Ms(40), out RtpPacketToSend packet));
            Assert.Equal(1002ul + (uint)i, packet.PacketIndex);
            byte[] bytes = _stream.TakePacket(Ms(40))!;
            Assert.Equal(_stream.HeaderBytes + 100, bytes.Length);
            Assert.True(RtpHeader.TryParse(bytes, out RtpHeader header));
            Assert.Equal(1002 + i, header.SequenceNumber);
            Assert.Equal(unchecked(TimestampOffset + 3000), header.Timestamp);
            Assert.Equal(Ssrc, header.Ssrc);
            Assert.Equal(VideoPayloadType, header.PayloadType);
            Assert.Equal(i == 2, header.Marker);
            Assert.True(header.TryGetExtension(bytes, 4, out ReadOnlySpan<byte> mid));
            Assert.Equal("1"u8.ToArray(), mid.ToArray());
            Assert.Equal(frame.GetPayload(i).ToArray(), bytes[header.LengthBytes..]);
        }

        Assert.Null(_stream.TakePacket(Ms(40)));
        Assert.Equal((5, 500, 2), (_stream.PacketsSent, _stream.BytesSent, _stream.FramesSent));
    }

    [Fact]
    public void Sound_has_no_marker()
    {
        RtpSendStream stream = new(Audio(), 1, 0, NtpEpoch);
        stream.Enqueue(_frames.MakeAudio([1, 2], Ms(20)));

        Assert.True(stream.TryPeekPacket(Ms(20), out RtpPacketToSend packet));
        Assert.False(packet.Marker);
        Assert.Equal(960u, packet.RtpTimestamp);
    }

    [Fact]
    public void The_first_sequence_number_is_in_the_lower_half()
    {
        RtpSendStream stream = new(Video(), 0x9234, 0, NtpEpoch);
        stream.Enqueue(_frames.Make(1));

        Assert.Equal(0x1234, SequenceOf(stream.TakePacket(Ms(0))!));
    }

    [Fact]
    public void The_packet_index_counts_on_when_the_sequence_number_wraps()
    {
        RtpSendStream stream = new(Video(nack: false), 0x7FFF, 0, NtpEpoch);
        for (ulong expected = 0x7FFF; expected < 0x30000; expected++)
        {
            if (stream.FramesQueued == 0)
            {
                PacketizedFrame frame = _frames.Make(7);
                stream.Enqueue(frame);
                frame.Release();
            }

            Assert.True(stream.TryPeekPacket(Ms(0), out RtpPacketToSend packet));
            Assert.Equal(expected, packet.PacketIndex);
            Assert.Equal((ushort)expected, packet.SequenceNumber);
            stream.Advance();
        }
    }

    [Fact]
    public void A_full_queue_refuses_the_frame_without_keeping_it()
    {
        for (int i = 0; i < 8; i++)
            Assert.True(Enqueue(_stream, _frames.Make(1)));
        Assert.Equal(8, _stream.FramesQueued);

        Assert.False(Enqueue(_stream, _frames.Make(1)));
        Assert.Equal(1, _stream.FramesDropped);
        Assert.Equal(8, _frames.Outstanding);
        Assert.Equal(8, _stream.TakePackets(Ms(0)).Count);
    }

    [Fact]
    public void A_nack_is_answered_with_the_very_same_bytes_before_anything_else()
    {
        List<byte[]> sent = [];
        for (int i = 0; i < 20; i++)
            sent.AddRange(Send(_stream, _frames.Make(4, Ms(i * 33)), Ms(i * 33)));
        Enqueue(_stream, _frames.Make(1, Ms(660)));

        // 1010, 1011 and 1026; and 1041, of another frame.
        _stream.HandleNack(Ms(670), new NackItem(1010, 0x8001));
        _stream.HandleNack(Ms(670), new NackItem(1041, 0));

        Assert.True(_stream.TryPeekPacket(Ms(670), out RtpPacketToSend packet));
        Assert.True(packet.IsRetransmission);
        foreach (int index in new[] { 10, 11, 26, 41 })
            Assert.Equal(sent[index], _stream.TakePacket(Ms(670)));
        Assert.Equal(4, _stream.PacketsRetransmitted);
        Assert.Equal(1080, SequenceOf(_stream.TakePacket(Ms(670))!));
        Assert.Equal(81, _stream.PacketsSent);
    }

    [Fact]
    public void A_nack_for_packets_around_the_wrap_is_answered()
    {
        RtpSendStream stream = new(Video(), 0x7FFF, 0, NtpEpoch);
        Dictionary<ushort, byte[]> sent = [];
        for (int i = 0; i < 0x8010 / 4; i++)
        {
            foreach (byte[] packet in Send(stream, _frames.Make(4), Ms(i)))
                sent[SequenceOf(packet)] = packet;
        }

        stream.HandleNack(Ms(0x8010 / 4), new NackItem(65534, 0b111));
        foreach (ushort sequence in new ushort[] { 65534, 65535, 0, 1 })
            Assert.Equal(sent[sequence], stream.TakePacket(Ms(10_000)));
    }

    [Fact]
    public void A_repeated_request_is_answered_again_only_after_a_while()
    {
        List<byte[]> sent = Send(_stream, _frames.Make(3), Ms(0));

        Nack(Ms(10), 1001);
        Nack(Ms(11), 1001);
        Assert.Equal([sent[1]], _stream.TakePackets(Ms(11)));
        Nack(Ms(39), 1001);
        Assert.Empty(_stream.TakePackets(Ms(39)));
        Nack(Ms(40), 1001);
        Assert.Equal([sent[1]], _stream.TakePackets(Ms(40)));
        Assert.Equal(2, _stream.RetransmissionsRefused);
    }

    [Fact]
    public void What_was_never_sent_or_is_too_old_is_not_sent_again()
    {
        Send(_stream, _frames.Make(3), Ms(0));
        Enqueue(_stream, _frames.Make(3));
        _stream.TakePacket(Ms(1100));
        foreach (int sequence in new[] { 1000, 1002, 1004, 1005, 999, 40000 })
            Nack(Ms(1101), sequence);

        Assert.Equal(6, _stream.RetransmissionsRefused);
        Nack(Ms(1101), 1003);
        Assert.Equal(1003, SequenceOf(_stream.TakePacket(Ms(1101))!));
    }

    [Fact]
    public void Greedy_requests_are_answered_up_to_what_is_sent()
    {
        long retransmitted = 0;
        long sent = 0;
        int packets = 0;
        for (int i = 0; i < 3000; i++)
        {
            List<byte[]> frame = Send(_stream, _frames.Make(4), Ms(i * 60));
            packets += frame.Count;
            sent += frame.Sum(packet => packet.Length);
            ushort last = (ushort)(1000 + packets - 1);
            _stream.HandleNack(Ms(i * 60), new NackItem((ushort)(last - 16), 0xFFFF));
            retransmitted += _stream.TakePackets(Ms(i * 60)).Sum(packet => packet.Length);
        }

        Assert.InRange(retransmitted, sent * 9 / 10, sent + RetransmissionQueue.MaxBurstBytes);
    }

    [Fact]
    public void Without_nack_negotiated_nothing_is_kept_or_sent_again()
    {
        RtpSendStream stream = new(Video(nack: false), 1000, 0, NtpEpoch);
        Send(stream, _frames.Make(3), Ms(0));
        Assert.Equal(0, _frames.Outstanding);

        stream.HandleNack(Ms(1), new NackItem(1000, 0xFFFF));
        Assert.Null(stream.TakePacket(Ms(1)));
    }

    [Fact]
    public void Sent_frames_are_kept_for_a_second_and_in_bounded_number()
    {
        for (int i = 0; i < 300; i++)
            Send(_stream, _frames.Make(1), Ms(i));
        Assert.Equal(128, _frames.Outstanding);

        byte[] memory = new byte[200];
        RtcpWriter writer = new(memory);
        Assert.True(_stream.TryWriteSenderReport(Ms(1301), ref writer));
        Assert.Equal(0, _frames.Outstanding);
    }

    [Fact]
    public void Sent_frames_are_kept_in_bounded_size()
    {
        for (int i = 0; i < 10; i++)
        {
            PacketizedFrame frame = new(_ => { });
            frame.Begin(MediaKind.Video, Ms(i), isKeyFrame: true, default);
            for (int packet = 0; packet < 1000; packet++)
                frame.AppendPacket(1100);
            Send(_stream, frame, Ms(i));
        }

        // Three frames of 1.1 million bytes are below the bound; the fourth newest is gone.
        Nack(Ms(10), 1000 + 6999);
        Assert.Null(_stream.TakePacket(Ms(10)));
        Nack(Ms(10), 1000 + 7000);
        Assert.NotNull(_stream.TakePacket(Ms(10)));
    }

    [Fact]
    public void All_references_come_back()
    {
        for (int i = 0; i < 20; i++)
            Send(_stream, _frames.Make(3), Ms(i));
        for (int i = 0; i < 5; i++)
            Enqueue(_stream, _frames.Make(3));
        _stream.TakePacket(Ms(30));
        Nack(Ms(30), 1001);
        Assert.Equal(25, _frames.Outstanding);

        _stream.ReleaseAll();
        Assert.Equal(0, _frames.Outstanding);
        Assert.Null(_stream.TakePacket(Ms(31)));
        Assert.False(Enqueue(_stream, _frames.Make(1)));
        Assert.Equal(0, _frames.Outstanding);
        Assert.Equal(TimeSpan.MaxValue, _stream.NextDeadline);
        _stream.ReleaseAll();
    }

    [Fact]
    public void The_first_sender_report_follows_the_first_frame_and_puts_sound_and_picture_on_one_line()
    {
        RtpSendStream audio = new(Audio(), 1, 0, NtpEpoch);
        byte[] memory = new byte[200];
        RtcpWriter writer = new(memory);
        Assert.False(_stream.TryWriteSenderReport(Ms(2500), ref writer));

        Send(_stream, _frames.Make(3, Ms(2000)), Ms(2400));
        Send(audio, _frames.Make(1, Ms(2000), MediaKind.Audio), Ms(2400));
        Assert.True(_stream.TryWriteSenderReport(Ms(2500), ref writer));
        Assert.True(audio.TryWriteSenderReport(Ms(2500), ref writer));

        RtcpReader reader = new(memory.AsSpan(0, writer.ByteCount));
        Assert.True(reader.MoveNext());
        Assert.True(SenderReport.TryRead(reader.Current, out SenderReport video));
        Assert.Equal(new SenderReport(Ssrc, NtpEpoch + 0x2_80000000, unchecked(TimestampOffset + 225000), 3, 300), video);
        Assert.True(reader.MoveNext());
        Assert.True(SourceDescription.TryReadCname(reader.Current, 0, out uint ssrc, out ReadOnlySpan<byte> cname));
        Assert.Equal(Ssrc, ssrc);
        Assert.Equal("comfy"u8.ToArray(), cname.ToArray());
        Assert.True(reader.MoveNext());
        Assert.True(SenderReport.TryRead(reader.Current, out SenderReport sound));
        Assert.Equal(video.NtpTime, sound.NtpTime);
        Assert.Equal(120000u, sound.RtpTimestamp);
    }

    [Fact]
    public void Sender_reports_follow_about_every_second_at_varying_intervals_and_wait_a_little_for_a_frame()
    {
        Send(_stream, _frames.Make(1), Ms(0));
        byte[] memory = new byte[200];
        List<double> intervals = [];
        TimeSpan last = Ms(0);
        for (int i = 0; i < 100; i++)
        {
            TimeSpan due = _stream.NextReport;
            Assert.Equal(due + Ms(50), _stream.NextDeadline);
            RtcpWriter writer = new(memory);
            Assert.True(_stream.TryWriteSenderReport(due, ref writer));
            if (i > 0)
                intervals.Add((due - last).TotalMilliseconds);
            last = due;
        }

        Assert.All(intervals, interval => Assert.InRange(interval, 850, 1150));
        Assert.InRange(intervals.Average(), 950, 1050);
        Assert.True(intervals.Distinct().Count() > 20);
    }

    [Fact]
    public void The_round_trip_is_told_from_a_report_block()
    {
        // The report went out at 10 s, stayed 0.5 s at the peer and its answer is here at 10.625 s.
        ReportBlock block = new(Ssrc, 25, 3, 99, 7, NtpTime.ToCompact(NtpEpoch + NtpTime.FromTime(Ms(10_000))), 0x8000);
        _stream.HandleReportBlock(Ms(10_625), block with { Ssrc = 1 });
        Assert.Null(_stream.LastReportBlock);

        _stream.HandleReportBlock(Ms(10_625), block);
        Assert.Equal(Ms(125), _stream.RoundTripTime);
        Assert.Equal((byte?)25, _stream.LastReportBlock?.FractionLost);

        // Without a sender report yet, or from nonsense, nothing is told.
        _stream.HandleReportBlock(Ms(11_000), block with { LastSenderReport = 0 });
        _stream.HandleReportBlock(Ms(11_000), block with { LastSenderReport = block.LastSenderReport - 0x7000_0000 });
        Assert.Equal(Ms(125), _stream.RoundTripTime);

        // A peer that rounds its delay up.
        _stream.HandleReportBlock(Ms(10_499), block);
        Assert.Equal(TimeSpan.Zero, _stream.RoundTripTime);
    }

    private static bool Enqueue(RtpSendStream stream, PacketizedFrame frame)
    {
        bool isQueued = stream.Enqueue(frame);
        frame.Release();
        return isQueued;
    }

    private static List<byte[]> Send(RtpSendStream stream, PacketizedFrame frame, TimeSpan now = default)
    {
        Assert.True(Enqueue(stream, frame));
        return stream.TakePackets(now);
    }

    private void Nack(TimeSpan now, int sequence) => _stream.HandleNack(now, new NackItem((ushort)sequence, 0));
}
