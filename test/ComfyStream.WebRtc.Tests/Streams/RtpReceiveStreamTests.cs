using ComfyStream.WebRtc.Rtcp;
using ComfyStream.WebRtc.Rtp;
using ComfyStream.WebRtc.Streams;
using Xunit;
using static ComfyStream.WebRtc.Tests.Packetization.H264Sample;
using static ComfyStream.WebRtc.Tests.Streams.StreamSample;

namespace ComfyStream.WebRtc.Tests.Streams;

public sealed class RtpReceiveStreamTests
{
    private static readonly byte[] _keyFrame = [0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 2, 0, 2, 0x65, 0x88];
    private static readonly byte[] _keyFrameBytes = AnnexB([0x67, 1], [0x68, 2], [0x65, 0x88]);
    private static readonly byte[] _delta = [0x41, 0x9A, 1];

    private readonly RtpReceiveStream _stream = new(Video(), Ssrc);

    [Fact]
    public void A_key_frame_in_several_packets_is_one_frame()
    {
        Assert.True(_stream.Feed(Ms(1), 100, 9000, false, [0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 2]));
        Assert.Null(_stream.Take());
        Assert.True(_stream.Feed(Ms(2), 101, 9000, false, [0x7C, 0x85, 0x88, 1]));
        Assert.True(_stream.Feed(Ms(5), 102, 9000, true, [0x7C, 0x45, 2, 3]));

        Assert.Equal(AnnexB([0x67, 1], [0x68, 2], [0x65, 0x88, 1, 2, 3]), _stream.Take(out ReceivedFrame frame));
        Assert.Equal(new ReceivedFrame(MediaKind.Video, 21, 9000, true, Ms(1), Ms(5), PayloadFormat.H264, Ssrc), frame);
        Assert.False(_stream.TryGetFrame(out _));
        Assert.False(_stream.TryTakeLoss());
        Assert.Equal(TimeSpan.MaxValue, _stream.NextDeadline);
    }

    [Fact]
    public void Packets_out_of_order_even_at_the_start_are_put_in_order()
    {
        _stream.Feed(Ms(0), 102, 9000, true, [0x7C, 0x45, 2]);
        _stream.Feed(Ms(1), 100, 9000, false, [0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 2]);
        Assert.Null(_stream.Take());
        _stream.Feed(Ms(2), 101, 9000, false, [0x7C, 0x85, 0x88]);

        Assert.Equal(AnnexB([0x67, 1], [0x68, 2], [0x65, 0x88, 2]), _stream.Take(out ReceivedFrame frame));
        Assert.Equal(Ms(0), frame.FirstArrival);
        Assert.Equal(Ms(2), frame.LastArrival);
    }

    [Fact]
    public void A_frame_without_marker_ends_with_the_next_timestamp()
    {
        _stream.Feed(Ms(0), 1, 3000, false, _keyFrame);
        Assert.Null(_stream.Take());
        _stream.Feed(Ms(33), 2, 6000, false, _delta);

        Assert.Equal(_keyFrameBytes, _stream.Take(out ReceivedFrame frame));
        Assert.Equal(Ms(33), frame.LastArrival);
        Assert.Null(_stream.Take());
        _stream.Feed(Ms(66), 3, 9000, false, _delta);
        Assert.Equal(AnnexB(_delta), _stream.Take(out frame));
        Assert.Equal(6000, frame.RtpTimestamp);
        Assert.False(frame.IsKeyFrame);
    }

    [Fact]
    public void Several_frames_complete_at_once_come_one_by_one()
    {
        _stream.Feed(Ms(0), 1, 0, true, _keyFrame);
        _stream.Feed(Ms(2), 3, 6000, true, _delta);
        _stream.Feed(Ms(3), 4, 9000, true, [0x41, 0x9A, 4]);
        Assert.Equal(_keyFrameBytes, _stream.Take());
        Assert.Null(_stream.Take());

        _stream.Feed(Ms(4), 2, 3000, true, [0x41, 0x9A, 2]);
        Assert.Equal(AnnexB([0x41, 0x9A, 2]), _stream.Take());
        Assert.Equal(AnnexB(_delta), _stream.Take());
        Assert.Equal(AnnexB([0x41, 0x9A, 4]), _stream.Take());
        Assert.Null(_stream.Take());
    }

    [Fact]
    public void Sequence_numbers_and_timestamps_go_on_over_their_wraps()
    {
        for (int i = 0; i < 140_000; i++)
        {
            _stream.Feed(Ms(i), 65000 + i, unchecked(0xFFFFF000 + (uint)i * 3000), true, i == 0 ? _keyFrame : _delta);
            Assert.NotNull(_stream.Take(out ReceivedFrame frame));
            Assert.Equal(0xFFFFF000L + i * 3000L, frame.RtpTimestamp);
        }

        Assert.Equal(0, _stream.PacketsLost);
        Assert.False(_stream.TryTakeLoss());
    }

    [Fact]
    public void Duplicates_and_packets_of_taken_frames_change_nothing()
    {
        _stream.Feed(Ms(0), 1, 0, false, [0x67, 1]);
        Assert.False(_stream.Feed(Ms(1), 1, 0, false, [0x67, 1]));
        _stream.Feed(Ms(2), 2, 0, true, [0x65, 0x88]);
        Assert.Equal(AnnexB([0x67, 1], [0x65, 0x88]), _stream.Take());

        Assert.False(_stream.Feed(Ms(3), 2, 0, true, [0x65, 0x88]));
        Assert.Null(_stream.Take());
        Assert.Equal(2, _stream.PacketsLate);
    }

    [Fact]
    public void Padding_takes_a_sequence_number_and_nothing_else()
    {
        _stream.Feed(Ms(0), 1, 0, true, _keyFrame);
        Assert.NotNull(_stream.Take());
        _stream.Feed(Ms(1), 2, 0, false, []);
        _stream.Feed(Ms(1), 3, 0, false, []);
        Assert.Null(_stream.Take());
        _stream.Feed(Ms(2), 4, 3000, false, [0x7C, 0x81, 0x9A]);
        _stream.Feed(Ms(2), 5, 0, false, []);
        _stream.Feed(Ms(3), 6, 3000, true, [0x7C, 0x41, 9]);

        Assert.Equal(AnnexB([0x61, 0x9A, 9]), _stream.Take());
        Assert.Equal(TimeSpan.MaxValue, _stream.NextDeadline);
    }

    [Fact]
    public void A_padded_packet_is_read_without_its_padding()
    {
        byte[] packet = [0xA0, 0x80 | VideoPayloadType, 0, 1, 0, 0, 0, 0, 0x12, 0x34, 0xAB, 0xCD, .. _keyFrame, 0, 0, 3];

        Assert.True(_stream.Feed(Ms(0), packet));
        Assert.Equal(_keyFrameBytes, _stream.Take());
    }

    [Fact]
    public void A_negotiated_payload_type_of_no_use_leaves_no_hole()
    {
        RtpReceiveStream audio = new(Audio(), Ssrc);
        audio.Feed(Ms(0), 1, 0, false, [1], AudioPayloadType);
        audio.Feed(Ms(20), 2, 960, false, [9], 126);
        audio.Feed(Ms(40), 3, 1920, false, [3], AudioPayloadType);

        Assert.Equal([1], audio.Take());
        Assert.Equal([3], audio.Take());
    }

    [Theory]
    [InlineData(96, Ssrc, 3)]
    [InlineData(VideoPayloadType, Ssrc + 1, 3)]
    [InlineData(VideoPayloadType, Ssrc, 1501)]
    public void Packets_of_others_are_ignored(byte payloadType, uint ssrc, int payloadBytes)
    {
        Assert.False(_stream.Feed(Ms(0), 1, 0, true, new byte[payloadBytes], payloadType, ssrc));
        Assert.Equal(1, _stream.PacketsIgnored);
        Assert.False(_stream.TryTakeReportBlock(Ms(1), out _));
    }

    [Fact]
    public void A_probe_on_ssrc_zero_is_ignored_even_by_a_stream_made_for_it()
    {
        RtpReceiveStream stream = new(Video(), 0);

        Assert.False(stream.Feed(Ms(0), 1, 0, true, _keyFrame, ssrc: 0));
        Assert.Null(stream.Take());
    }

    [Fact]
    public void Pictures_before_the_first_key_frame_are_withheld_and_one_is_asked_for()
    {
        Assert.False(_stream.NeedsKeyFrame);
        _stream.Feed(Ms(0), 1, 0, true, [0x06, 1]);
        _stream.Feed(Ms(0), 2, 3000, true, _delta);
        Assert.Null(_stream.Take());
        Assert.True(_stream.NeedsKeyFrame);
        Assert.Equal(2, _stream.FramesDiscarded);

        _stream.Feed(Ms(33), 3, 6000, true, _keyFrame);
        Assert.NotNull(_stream.Take());
        Assert.False(_stream.NeedsKeyFrame);
    }

    [Fact]
    public void A_stream_that_begins_within_a_key_frame_waits_for_a_whole_one()
    {
        _stream.Feed(Ms(0), 1, 0, false, [0x7C, 0x85, 0x88]);
        _stream.Feed(Ms(0), 2, 0, true, [0x7C, 0x45, 1]);
        Assert.Null(_stream.Take());
        Assert.True(_stream.NeedsKeyFrame);

        _stream.Feed(Ms(33), 3, 3000, true, _keyFrame);
        Assert.NotNull(_stream.Take());
    }

    [Theory]
    [InlineData(true, 300)]
    [InlineData(false, 80)]
    public void A_hole_that_is_not_filled_in_time_loses_its_frame_and_needs_a_key_frame(bool nack, double patience)
    {
        RtpReceiveStream stream = new(Video(nack), Ssrc);
        stream.Feed(Ms(0), 1, 0, true, _keyFrame);
        Assert.NotNull(stream.Take());
        stream.Feed(Ms(100), 3, 6000, true, _delta);
        stream.Feed(Ms(133), 4, 9000, true, _delta);
        stream.HandleDeadline(Ms(100 + patience - 1));
        Assert.False(stream.TryTakeLoss());

        stream.HandleDeadline(Ms(100 + patience));
        Assert.Null(stream.Take());
        Assert.True(stream.TryTakeLoss());
        Assert.False(stream.TryTakeLoss());
        Assert.True(stream.NeedsKeyFrame);
        Assert.Equal(TimeSpan.MaxValue, stream.NextDeadline);

        Assert.False(stream.Feed(Ms(500), 2, 3000, true, _delta));
        stream.Feed(Ms(501), 5, 12000, true, _delta);
        Assert.Null(stream.Take());
        stream.Feed(Ms(534), 6, 15000, true, _keyFrame);
        Assert.Equal(_keyFrameBytes, stream.Take());
        Assert.False(stream.NeedsKeyFrame);
    }

    [Fact]
    public void A_key_frame_right_behind_a_hole_is_taken_if_it_surely_begins_there()
    {
        _stream.Feed(Ms(0), 1, 0, true, _keyFrame);
        Assert.NotNull(_stream.Take());
        _stream.Feed(Ms(33), 3, 6000, true, _keyFrame);
        _stream.HandleDeadline(Ms(333));

        Assert.Equal(_keyFrameBytes, _stream.Take());
        Assert.True(_stream.TryTakeLoss());
        Assert.False(_stream.NeedsKeyFrame);
    }

    [Fact]
    public void A_key_frame_whose_parameter_sets_may_be_in_the_hole_is_not_taken()
    {
        _stream.Feed(Ms(0), 1, 0, true, _keyFrame);
        Assert.NotNull(_stream.Take());
        _stream.Feed(Ms(33), 3, 6000, true, [0x65, 0x88]);
        _stream.HandleDeadline(Ms(333));

        Assert.Null(_stream.Take());
        Assert.True(_stream.NeedsKeyFrame);
    }

    [Fact]
    public void Each_hole_has_its_own_time()
    {
        _stream.Feed(Ms(0), 1, 0, true, _keyFrame);
        Assert.NotNull(_stream.Take());
        _stream.Feed(Ms(10), 3, 6000, true, _delta);
        _stream.Feed(Ms(200), 5, 12000, true, _keyFrame);
        _stream.HandleDeadline(Ms(310));
        Assert.Null(_stream.Take());
        Assert.True(_stream.TryTakeLoss());

        _stream.HandleDeadline(Ms(499));
        Assert.False(_stream.TryTakeLoss());
        _stream.HandleDeadline(Ms(500));
        Assert.True(_stream.TryTakeLoss());
        Assert.Equal(_keyFrameBytes, _stream.Take());
    }

    [Fact]
    public void A_broken_frame_is_lost_and_needs_a_key_frame()
    {
        _stream.Feed(Ms(0), 1, 0, true, _keyFrame);
        Assert.NotNull(_stream.Take());
        _stream.Feed(Ms(33), 2, 3000, true, [0x7C, 0xC1, 1]);

        Assert.Null(_stream.Take());
        Assert.True(_stream.TryTakeLoss());
        Assert.True(_stream.NeedsKeyFrame);
    }

    [Fact]
    public void Nacks_are_written_when_due_and_stop_when_the_packet_comes()
    {
        _stream.Feed(Ms(0), 1, 0, true, _keyFrame);
        Assert.NotNull(_stream.Take());
        _stream.Feed(Ms(0), 4, 6000, true, _delta);
        Assert.Equal(Ms(15), _stream.NextDeadline);

        byte[] bytes = new byte[100];
        RtcpWriter writer = new(bytes);
        Assert.False(_stream.TryWriteNack(Ms(14), 5, ref writer));
        Assert.True(_stream.TryWriteNack(Ms(15), 5, ref writer));
        Assert.False(_stream.TryWriteNack(Ms(16), 5, ref writer));
        RtcpReader reader = new(bytes.AsSpan(0, writer.ByteCount));
        Assert.True(reader.MoveNext());
        Assert.True(GenericNack.TryRead(reader.Current, 0, out GenericNack nack));
        Assert.Equal(new GenericNack(5, Ssrc, new NackItem(2, 1)), nack);

        _stream.Feed(Ms(40), 2, 3000, false, [0x61, 0x9A, 1]);
        _stream.Feed(Ms(40), 3, 3000, true, [0x61, 0x3A, 1]);
        Assert.NotNull(_stream.Take());
        Assert.NotNull(_stream.Take());
        Assert.Equal(TimeSpan.MaxValue, _stream.NextDeadline);
    }

    [Fact]
    public void Without_nack_negotiated_none_is_written()
    {
        RtpReceiveStream stream = new(Video(nack: false), Ssrc);
        stream.Feed(Ms(0), 1, 0, true, _keyFrame);
        stream.Feed(Ms(0), 4, 6000, true, _delta);
        RtcpWriter writer = new(new byte[100]);

        Assert.False(stream.TryWriteNack(Ms(70), 5, ref writer));
    }

    [Theory]
    [InlineData(252)] // too many for NACK
    [InlineData(5000)] // beyond the buffer
    [InlineData(30000)]
    public void A_long_outage_goes_on_with_the_next_key_frame_at_once(int jump)
    {
        _stream.Feed(Ms(0), 1, 0, true, _keyFrame);
        Assert.NotNull(_stream.Take());
        _stream.Feed(Ms(33), 2, 3000, false, [0x7C, 0x81, 0x9A]);
        _stream.Feed(Ms(900), 2 + jump, 90000, true, _keyFrame);

        Assert.Equal(_keyFrameBytes, _stream.Take());
        Assert.True(_stream.TryTakeLoss());
        Assert.Equal(TimeSpan.MaxValue, _stream.NextDeadline);
    }

    [Fact]
    public void A_frame_larger_than_the_buffer_is_lost_without_harm()
    {
        _stream.Feed(Ms(0), 0, 0, true, _keyFrame);
        Assert.NotNull(_stream.Take());
        for (int i = 1; i < 2500; i++)
            _stream.Feed(Ms(i), i, 3000, false, [0x7C, (byte)(i == 1 ? 0x81 : 0x01), 0x9A]);
        Assert.Null(_stream.Take());
        Assert.True(_stream.TryTakeLoss());

        _stream.Feed(Ms(3000), 2500, 6000, true, _delta);
        _stream.Feed(Ms(3001), 2501, 9000, true, _keyFrame);
        Assert.Equal(_keyFrameBytes, _stream.Take());
    }

    [Fact]
    public void A_destination_that_is_too_small_leaves_the_frame()
    {
        _stream.Feed(Ms(0), 0, 0, true, _keyFrame);
        Assert.True(_stream.TryGetFrame(out ReceivedFrame frame));

        Assert.Throws<ArgumentException>(() => _stream.ReadFrame(new byte[frame.ByteCount - 1]));
        Assert.Equal(_keyFrameBytes, _stream.Take());
        Assert.Throws<InvalidOperationException>(() => _stream.ReadFrame(new byte[100]));
    }

    [Fact]
    public void Sound_waits_a_little_for_a_missing_packet_and_then_goes_on()
    {
        RtpReceiveStream audio = new(Audio(), Ssrc);
        audio.Feed(Ms(0), 1, 0, true, [1], AudioPayloadType);
        Assert.Equal([1], audio.Take(out ReceivedFrame frame));
        Assert.Equal(new ReceivedFrame(MediaKind.Audio, 1, 0, true, Ms(0), Ms(0), PayloadFormat.Opus, Ssrc), frame);
        audio.Feed(Ms(40), 3, 1920, false, [3], AudioPayloadType);
        audio.Feed(Ms(60), 4, 2880, false, [4], AudioPayloadType);
        Assert.Null(audio.Take());
        Assert.Equal(Ms(100), audio.NextDeadline);

        audio.HandleDeadline(Ms(100));
        Assert.Equal([3], audio.Take());
        Assert.Equal([4], audio.Take());
        Assert.False(audio.TryTakeLoss());
        Assert.False(audio.NeedsKeyFrame);
        Assert.Equal(1, audio.Losses);
    }

    [Fact]
    public void What_lies_between_two_holes_is_not_lost_when_the_time_of_both_is_over_at_once()
    {
        RtpReceiveStream audio = new(Audio(), Ssrc);
        foreach (int sequence in (int[])[1, 3, 4, 6])
            audio.Feed(Ms(0), sequence, (uint)(sequence * 960), false, [(byte)sequence], AudioPayloadType);

        List<byte> taken = [];
        while (true)
        {
            while (audio.Take() is { } frame)
                taken.AddRange(frame);
            if (audio.NextDeadline > Ms(100))
                break;
            audio.HandleDeadline(Ms(100));
        }

        Assert.Equal([1, 3, 4, 6], taken);
        Assert.Equal(2, audio.Losses);
    }

    [Fact]
    public void Sound_that_arrives_out_of_order_is_put_in_order()
    {
        RtpReceiveStream audio = new(Audio(), Ssrc);
        audio.Feed(Ms(0), 1, 0, false, [1], AudioPayloadType);
        Assert.NotNull(audio.Take());
        audio.Feed(Ms(40), 3, 1920, false, [3], AudioPayloadType);
        audio.Feed(Ms(41), 2, 960, false, [2], AudioPayloadType);

        Assert.Equal([2], audio.Take());
        Assert.Equal([3], audio.Take());
        Assert.Equal(TimeSpan.MaxValue, audio.NextDeadline);
    }

    [Fact]
    public void The_report_block_answers_the_sender_report()
    {
        Assert.False(_stream.TryTakeReportBlock(Ms(0), out _));
        _stream.Feed(Ms(0), 1, 0, true, _keyFrame);
        _stream.HandleSenderReport(Ms(10), new SenderReport(Ssrc, 0x1_0000_0000, 1, 2, 3));

        Assert.True(_stream.TryTakeReportBlock(Ms(510), out ReportBlock block));
        Assert.Equal(new ReportBlock(Ssrc, 0, 0, 1, 0, 0x10000, 0x8000), block);
        Assert.Equal(1u, _stream.LastSenderReport?.RtpTimestamp);
    }

    [Fact]
    public void Random_packets_never_throw_and_never_stall_the_stream()
    {
        Random random = new(23);
        RtpReceiveStream[] streams = [new(Video(), Ssrc), new(Video(nack: false), Ssrc), new(Audio(), Ssrc)];
        byte[] nackMemory = new byte[300];
        byte[] memory = new byte[2 << 20];
        foreach (RtpReceiveStream stream in streams)
        {
            byte payloadType = stream.Kind == MediaKind.Video ? VideoPayloadType : AudioPayloadType;
            int sequence = 0;
            for (int i = 0; i < 60_000; i++)
            {
                TimeSpan now = Ms(i);
                sequence += random.Next(100) switch { < 90 => 1, < 97 => random.Next(-20, 20), < 99 => random.Next(-300, 300), _ => random.Next(65536) };
                byte[] payload = Mutation.Of(random.Next(3) == 0 ? _keyFrame : _delta, random);
                stream.Feed(now, sequence, (uint)(i / 3 * 3000), random.Next(3) == 0, payload, payloadType);
                int calls = 0;
                do
                {
                    stream.HandleDeadline(now);
                    while (stream.TryGetFrame(out ReceivedFrame frame))
                        Assert.Equal(frame.ByteCount, stream.ReadFrame(memory));
                    RtcpWriter writer = new(nackMemory);
                    stream.TryWriteNack(now, 1, ref writer);
                    Assert.True(++calls < 100);
                }
                while (stream.NextDeadline <= now);

                stream.TryTakeReportBlock(now, out _);
            }

            // Whatever went before, whole frames in order come through.
            long receivedBefore = stream.FramesReceived;
            Assert.True(receivedBefore > 100);
            Assert.True(stream.TryTakeReportBlock(Ms(60_000), out ReportBlock block));
            for (int i = 1; i <= 10; i++)
            {
                stream.Feed(Ms(60_000 + i), (ushort)(block.ExtendedHighestSequence + i), (uint)(90_000_000 + i * 3000), true, _keyFrame, payloadType);
                stream.HandleDeadline(Ms(61_000 + i));
                while (stream.TryGetFrame(out _))
                    stream.ReadFrame(memory);
            }

            Assert.InRange(stream.FramesReceived - receivedBefore, 9, 11);
        }
    }
}
