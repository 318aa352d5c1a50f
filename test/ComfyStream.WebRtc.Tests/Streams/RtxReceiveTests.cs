using ComfyStream.WebRtc.Rtcp;
using ComfyStream.WebRtc.Rtp;
using ComfyStream.WebRtc.Streams;
using ComfyStream.WebRtc.Tests.Packetization;
using Xunit;
using static ComfyStream.WebRtc.Tests.Packetization.H264Sample;
using static ComfyStream.WebRtc.Tests.Streams.StreamSample;

namespace ComfyStream.WebRtc.Tests.Streams;

/// <summary>Retransmissions on another SSRC (RFC 4588), other codecs and sender reports at a received stream.</summary>
public sealed class RtxReceiveTests
{
    private static readonly byte[] _keyFrame = [0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 2, 0, 2, 0x65, 0x88];
    private static readonly byte[] _delta = [0x41, 0x9A, 1];
    private static readonly byte[] _vp8Key = Vp8Tests.KeyFrame(20);
    private static readonly byte[] _vp8Delta = Vp8Tests.Delta(20);

    private readonly RtpReceiveStream _stream = new(VideoWithRtx(), Ssrc);
    private int _rtxSequence = 7000;

    [Fact]
    public void A_retransmission_fills_the_hole_that_it_was_asked_for()
    {
        _stream.Feed(Ms(0), 65535, 9000, true, _keyFrame);
        Assert.NotNull(_stream.Take());
        _stream.Feed(Ms(40), 1, 12000, true, [0x7C, 0x41, 2]);
        Assert.Equal(Ms(55), _stream.NextDeadline);

        Assert.True(FeedRtx(Ms(50), 0, 12000, false, [0x7C, 0x81, 0x9A]));
        Assert.Equal(AnnexB([0x61, 0x9A, 2]), _stream.Take(out ReceivedFrame frame));
        Assert.Equal((12000, Ms(40), Ms(50)), (frame.RtpTimestamp, frame.FirstArrival, frame.LastArrival));
        Assert.Equal(TimeSpan.MaxValue, _stream.NextDeadline);
        Assert.Equal((1, 0), (_stream.RetransmissionsReceived, _stream.RetransmissionsUnused));
    }

    [Fact]
    public void The_marker_of_a_retransmission_is_the_originals()
    {
        _stream.Feed(Ms(0), 1, 0, false, [0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 2]);
        _stream.Feed(Ms(33), 3, 3000, false, _delta);
        Assert.Null(_stream.Take());

        FeedRtx(Ms(40), 2, 0, true, [0x65, 0x88]);
        Assert.Equal(AnnexB([0x67, 1], [0x68, 2], [0x65, 0x88]), _stream.Take());
        Assert.Null(_stream.Take());
    }

    [Fact]
    public void What_is_recovered_counts_as_lost_on_the_way()
    {
        _stream.Feed(Ms(0), 1, 0, true, _keyFrame);
        _stream.Feed(Ms(30), 3, 6000, true, _delta);
        FeedRtx(Ms(40), 2, 3000, true, _delta);

        Assert.Equal((2, 1), (_stream.PacketsReceived, _stream.PacketsLost));
        MediaStatistics statistics = default;
        _stream.AddStatistics(ref statistics);
        Assert.Equal((2, 1, 1), (statistics.PacketsReceived, statistics.PacketsLost, statistics.RetransmissionsReceived));
    }

    [Fact]
    public void Probes_and_what_is_here_or_given_up_or_never_missed_change_nothing()
    {
        Assert.False(FeedRtx(Ms(0), 1, 0, true, _keyFrame));
        _stream.Feed(Ms(0), 1, 0, true, _keyFrame);
        Assert.NotNull(_stream.Take());
        _stream.Feed(Ms(30), 3, 6000, false, _delta);

        // Padding only, half a sequence number; already here; taken; ahead; from another life.
        Assert.False(FeedRtx(Ms(31), []));
        Assert.False(FeedRtx(Ms(31), [0]));
        foreach (int sequence in new[] { 3, 1, 0, 4, 200, 40000 })
            Assert.False(FeedRtx(Ms(31), sequence, 99, true, _keyFrame));

        Assert.Null(_stream.Take());
        Assert.Equal((7, 7), (_stream.RetransmissionsReceived, _stream.RetransmissionsUnused));
        Assert.True(FeedRtx(Ms(32), 2, 3000, true, _delta));
        Assert.NotNull(_stream.Take());
    }

    [Fact]
    public void An_empty_original_takes_its_place_as_padding_does()
    {
        _stream.Feed(Ms(0), 1, 0, true, _keyFrame);
        Assert.NotNull(_stream.Take());
        _stream.Feed(Ms(30), 3, 3000, true, _delta);
        Assert.True(FeedRtx(Ms(31), 2, 0, false, []));
        Assert.NotNull(_stream.Take());
    }

    [Fact]
    public void Vp8_is_received_as_h264_is()
    {
        _stream.FeedVp8(Ms(0), 1, 0, true, [0x10, .. _vp8Delta]);
        Assert.Null(_stream.Take());
        Assert.True(_stream.NeedsKeyFrame);

        _stream.FeedVp8(Ms(33), 2, 3000, false, [0x90, 0x80, 0x11, .. _vp8Key[..15]]);
        _stream.FeedVp8(Ms(33), 3, 3000, true, [0x80, 0x80, 0x11, .. _vp8Key[15..]]);
        Assert.Equal(_vp8Key, _stream.Take(out ReceivedFrame frame));
        Assert.Equal((PayloadFormat.Vp8, true, Ssrc), (frame.Format, frame.IsKeyFrame, frame.Ssrc));

        _stream.FeedVp8(Ms(66), 5, 9000, true, [0x10, .. _vp8Delta]);
        Assert.True(FeedRtx(Ms(70), 4, 6000, true, [0x10, .. _vp8Delta], Vp8RtxPayloadType));
        Assert.Equal(_vp8Delta, _stream.Take(out frame));
        Assert.False(frame.IsKeyFrame);
        Assert.NotNull(_stream.Take());
    }

    [Fact]
    public void A_vp8_frame_whose_end_was_lost_needs_a_key_frame()
    {
        _stream.FeedVp8(Ms(0), 1, 0, true, [0x10, .. _vp8Key]);
        Assert.NotNull(_stream.Take());
        _stream.FeedVp8(Ms(33), 2, 3000, false, [0x10, .. _vp8Delta]);
        _stream.FeedVp8(Ms(66), 4, 6000, true, [0x10, .. _vp8Delta]);
        _stream.HandleDeadline(Ms(1000));
        Assert.Null(_stream.Take());
        Assert.True(_stream.TryTakeLoss());
        Assert.True(_stream.NeedsKeyFrame);
    }

    [Fact]
    public void A_sender_may_change_its_codec_with_a_key_frame()
    {
        _stream.Feed(Ms(0), 1, 0, true, _keyFrame);
        Assert.Equal(PayloadFormat.H264, TakeFormat());
        _stream.FeedVp8(Ms(33), 2, 3000, true, [0x10, .. _vp8Delta]);
        Assert.Null(TakeFormat());
        Assert.True(_stream.NeedsKeyFrame);
        _stream.FeedVp8(Ms(66), 3, 6000, true, [0x10, .. _vp8Key]);
        Assert.Equal(PayloadFormat.Vp8, TakeFormat());
        Assert.False(_stream.NeedsKeyFrame);
        _stream.FeedVp8(Ms(99), 4, 9000, true, [0x10, .. _vp8Delta]);
        Assert.Equal(PayloadFormat.Vp8, TakeFormat());
        _stream.Feed(Ms(133), 5, 12000, true, _delta);
        Assert.Null(TakeFormat());
        _stream.Feed(Ms(166), 6, 15000, true, _keyFrame);
        Assert.Equal(PayloadFormat.H264, TakeFormat());
        Assert.False(_stream.TryTakeLoss());

        PayloadFormat? TakeFormat() => _stream.Take(out ReceivedFrame frame) is null ? null : frame.Format;
    }

    [Fact]
    public void Packets_of_two_codecs_are_never_one_frame()
    {
        _stream.Feed(Ms(0), 1, 0, false, _keyFrame);
        _stream.FeedVp8(Ms(0), 2, 0, true, [0x10, .. _vp8Key]);

        Assert.Equal(AnnexB([0x67, 1], [0x68, 2], [0x65, 0x88]), _stream.Take());
        Assert.Equal(_vp8Key, _stream.Take());
    }

    [Fact]
    public void A_sender_reports_timestamp_is_on_the_line_of_the_frames()
    {
        SenderReport report = new(Ssrc, 0xE0000000_80000000, 0x0000_0100, 1, 1);
        _stream.HandleSenderReport(Ms(0), report);
        Assert.False(_stream.TryGetSenderReport(out _, out _));

        _stream.Feed(Ms(0), 1, 0xFFFF_FF00, true, _keyFrame);
        _stream.Take(out ReceivedFrame first);
        Assert.True(_stream.TryGetSenderReport(out ulong ntpTime, out long timestamp));
        Assert.Equal(report.NtpTime, ntpTime);
        Assert.Equal(first.RtpTimestamp + 0x200, timestamp);

        // The report before the wrap, the frame after it.
        _stream.HandleSenderReport(Ms(0), report with { RtpTimestamp = 0xFFFF_FFF0 });
        _stream.Feed(Ms(30), 2, 0x0000_0AB8, true, _delta);
        _stream.Take(out ReceivedFrame second);
        Assert.Equal(0x1_0000_0AB8, second.RtpTimestamp);
        Assert.True(_stream.TryGetSenderReport(out _, out timestamp));
        Assert.Equal(0xFFFF_FFF0, timestamp);
    }

    [Fact]
    public void Random_retransmissions_never_throw_and_never_stall_the_stream()
    {
        Random random = new(29);
        byte[] memory = new byte[2 << 20];
        byte[] nack = new byte[300];
        int sequence = 0;
        for (int i = 0; i < 60_000; i++)
        {
            TimeSpan now = Ms(i);
            byte[] payload = Mutation.Of(random.Next(3) == 0 ? _keyFrame : _delta, random);
            if (random.Next(10) > 0)
                _stream.Feed(now, ++sequence, (uint)(i / 3 * 3000), random.Next(3) == 0, payload, random.Next(8) == 0 ? Vp8PayloadType : VideoPayloadType);
            else
                sequence++;

            FeedRtx(now, Mutation.Of([(byte)(sequence >> 8), (byte)sequence, .. payload], random));
            FeedRtx(now, (sequence - random.Next(5)) & 0xFFFF, (uint)(i / 3 * 3000), random.Next(3) == 0, payload);
            int calls = 0;
            do
            {
                _stream.HandleDeadline(now);
                while (_stream.TryGetFrame(out ReceivedFrame frame))
                    Assert.Equal(frame.ByteCount, _stream.ReadFrame(memory));
                RtcpWriter writer = new(nack);
                _stream.TryWriteNack(now, 1, ref writer);
                Assert.True(++calls < 100);
            }
            while (_stream.NextDeadline <= now);
        }

        Assert.True(_stream.RetransmissionsReceived - _stream.RetransmissionsUnused > 1000);
        Assert.True(_stream.FramesReceived > 1000);
    }

    private bool FeedRtx(TimeSpan now, int sequence, uint timestamp, bool marker, byte[] payload, byte payloadType = RtxPayloadType) =>
        FeedRtx(now, [(byte)(sequence >> 8), (byte)sequence, .. payload], timestamp, marker, payloadType);

    private bool FeedRtx(TimeSpan now, byte[] payload, uint timestamp = 0, bool marker = false, byte payloadType = RtxPayloadType)
    {
        byte[] packet = new byte[12 + payload.Length];
        RtpHeaderWriter.Write(packet, marker, payloadType, (ushort)_rtxSequence++, timestamp, RtxSsrc, []);
        payload.CopyTo(packet, 12);
        return _stream.Feed(now, packet);
    }
}
