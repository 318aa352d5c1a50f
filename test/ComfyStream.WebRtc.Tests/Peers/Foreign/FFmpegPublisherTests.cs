using ComfyStream.WebRtc.Rtcp;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Peers.Foreign;

/// <summary>The life of a publisher that behaves as FFmpeg's WHIP muxer does (D1, D2, D9, D10).</summary>
public sealed class FFmpegPublisherTests
{
    [Theory]
    [InlineData(false, true, "64001f")]
    [InlineData(false, false, "64001f")]
    [InlineData(true, true, "42c01f")]
    [InlineData(true, false, "42c01f")]

    // What 8.0 writes for Constrained Baseline: its flag for that does not fit the two digits.
    [InlineData(false, true, "422001f")]
    public void Its_pictures_and_sounds_arrive_whole(bool isNew, bool sound, string profileLevelId)
    {
        using var pair = new ForeignPair<FFmpegPublisher>(new FFmpegPublisher(isNew, sound, profileLevelId));
        pair.Connect();
        var studio = new Studio<FFmpegPublisher>(pair);

        studio.Send(60, sound: sound);
        pair.Run(TimeSpan.FromMilliseconds(200));

        Assert.Equal(studio.Pictures, pair.Pictures);
        Assert.Equal(studio.Sounds, pair.Server.Frames.Where(frame => frame.Info.Kind == MediaKind.Audio).Select(frame => frame.Data));
        Assert.Equal(0, pair.Server.Losses);
    }

    [Fact]
    public void Its_checks_without_role_and_priority_are_answered_whenever_one_gets_through()
    {
        using var pair = new ForeignPair<FFmpegPublisher>(new FFmpegPublisher());
        int toServer = 0;
        int toClient = 0;
        pair.ToServer.Drops = bytes => DatagramClassifier.Classify(bytes) == DatagramKind.Stun && toServer++ < 3;
        pair.ToClient.Drops = bytes => DatagramClassifier.Classify(bytes) == DatagramKind.Stun && toClient++ < 2;

        pair.ConnectInRealTime();

        Assert.Equal(6, pair.Client.ChecksSent);
    }

    [Fact]
    public void A_lost_ClientHello_is_sent_again_although_nothing_else_happens()
    {
        using var pair = new ForeignPair<FFmpegPublisher>(new FFmpegPublisher());
        int hellos = 0;
        int quiet = 0;
        pair.ToClient.Drops = bytes => DatagramClassifier.Classify(bytes) == DatagramKind.Dtls && hellos++ < 2;
        pair.ToServer.Drops = _ =>
        {
            quiet += hellos is > 0 and < 3 ? 1 : 0;
            return false;
        };

        pair.ConnectInRealTime();

        Assert.Equal(0, quiet);
    }

    [Fact]
    public void It_stays_connected_for_ten_minutes_by_its_media_alone()
    {
        using var pair = new ForeignPair<FFmpegPublisher>(new FFmpegPublisher(sound: false));
        pair.Connect();
        int checks = pair.Client.ChecksSent;

        for (int i = 0; i < 600 * 5; i++)
        {
            pair.Client.SendPicture(pair.Now, AccessUnits.Make(isKeyFrame: i % 50 == 0, 300, i));
            pair.Run(TimeSpan.FromMilliseconds(200));
        }

        Assert.Equal(checks, pair.Client.ChecksSent);
        Assert.Equal([PeerConnectionState.Connecting, PeerConnectionState.Connected], pair.Server.States);
        Assert.Equal(3000, pair.Server.Frames.Count);
    }

    [Fact]
    public void It_is_given_up_when_its_media_stops()
    {
        using var pair = new ForeignPair<FFmpegPublisher>(new FFmpegPublisher());
        pair.Connect();
        new Studio<FFmpegPublisher>(pair).Send(30);
        TimeSpan stopped = pair.Now;

        pair.RunUntil(() => pair.Server.Peer.State == PeerConnectionState.Failed, TimeSpan.FromMinutes(1));

        Assert.Equal(CloseReason.ConsentExpired, pair.Server.Peer.CloseReason);
        Assert.InRange((pair.Now - stopped).TotalSeconds, 29, 31);
        Assert.Contains(PeerConnectionState.Disconnected, pair.Server.States);
    }

    [Fact]
    public void Version_8_1_stays_connected_by_its_checks_while_it_sends_nothing()
    {
        using var pair = new ForeignPair<FFmpegPublisher>(new FFmpegPublisher(isNew: true));
        pair.Connect();

        pair.Run(TimeSpan.FromMinutes(2));

        Assert.Equal(PeerConnectionState.Connected, pair.Server.Peer.State);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Version_8_1_understands_each_request_for_lost_packets_and_sends_them_again(int seed)
    {
        using var pair = new ForeignPair<FFmpegPublisher>(new FFmpegPublisher(isNew: true, firstVideoIndex: 0xFFF0), seed);
        pair.Connect();
        var studio = new Studio<FFmpegPublisher>(pair);
        studio.Send(1);
        var conditions = new LinkConditions(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(5), Loss: 0.05, Duplication: 0.01);
        (pair.ToServer.Conditions, pair.ToClient.Conditions) = (conditions, conditions);

        for (int i = 0; i < 12; i++)
        {
            pair.Server.Peer.RequestKeyFrame(pair.Now);
            studio.Send(30, keyFrameFirst: false, sound: true);
        }

        conditions = new LinkConditions(TimeSpan.FromMilliseconds(5));
        (pair.ToServer.Conditions, pair.ToClient.Conditions) = (conditions, conditions);
        studio.Send(3);
        pair.Run(TimeSpan.FromSeconds(1));

        Assert.True(pair.ToServer.Lost > 20, "The link lost nothing: the test proves nothing.");
        Assert.Equal(studio.Pictures, pair.Pictures);
        Assert.Equal(0, pair.Client.NacksRefused);
        Assert.True(pair.Client.Retransmissions > 20);
        Assert.Contains(pair.Client.Reports, report => report.AsksForKeyFrame);
        Assert.Contains(pair.Client.Reports, report => report.Types.Contains(RtcpPacketType.ReceiverReport));
    }

    [Fact]
    public void Version_8_1_gets_a_request_for_packets_alone_even_when_a_report_and_a_request_for_a_key_frame_are_due_too()
    {
        using var pair = new ForeignPair<FFmpegPublisher>(new FFmpegPublisher(isNew: true));
        pair.Connect();
        var studio = new Studio<FFmpegPublisher>(pair);
        studio.Send(26);
        int packets = 0;
        pair.ToServer.Drops = bytes => DatagramClassifier.Classify(bytes) == DatagramKind.Rtp && packets++ == 5;
        pair.Client.Reports.Clear();

        // One packet came behind the hole: the request waits a little, since the other may only be late.
        pair.Client.SendPicture(pair.Now, AccessUnits.Make(isKeyFrame: false, 8000, seed: 1));
        pair.Run(TimeSpan.FromMilliseconds(10));
        pair.Server.Peer.RequestKeyFrame(pair.Now);
        pair.Stall(TimeSpan.FromMilliseconds(200));
        pair.Run(TimeSpan.FromMilliseconds(100));

        Assert.Equal(27, pair.Pictures.Count());
        Assert.Equal(0, pair.Client.NacksRefused);
        Assert.Equal(1, pair.Client.Retransmissions);
        byte[][] expected = [[RtcpPacketType.ReceiverReport, RtcpPacketType.SourceDescription], [RtcpPacketType.TransportFeedback], [RtcpPacketType.PayloadFeedback]];
        Assert.Equal(expected, pair.Client.Reports.Select(report => report.Types.ToArray()));
    }

    [Fact]
    public void Version_8_0_is_not_asked_for_packets_and_is_seen_again_from_its_next_key_frame()
    {
        using var pair = new ForeignPair<FFmpegPublisher>(new FFmpegPublisher());
        pair.Connect();
        var studio = new Studio<FFmpegPublisher>(pair);
        List<byte[]> expected = studio.Send(30);
        int packets = 0;
        pair.ToServer.Drops = bytes => DatagramClassifier.Classify(bytes) == DatagramKind.Rtp && packets++ == 2;
        List<byte[]> afterLoss = studio.Send(90, keyFrameFirst: false);
        Assert.Equal(1, pair.Server.Losses);

        expected.AddRange(studio.Send(30));
        pair.Run(TimeSpan.FromMilliseconds(200));

        // The picture before the one with the hole was whole.
        Assert.InRange(pair.Pictures.Count() - expected.Count, 0, 1);
        Assert.Equal(expected.TakeLast(30), pair.Pictures.TakeLast(30));
        Assert.DoesNotContain(afterLoss[2], pair.Pictures);
        Assert.DoesNotContain(pair.Client.Reports, report => report.HasNack);
        Assert.InRange(pair.Client.Reports.Count(report => report.AsksForKeyFrame), 2, 4);
    }

    [Fact]
    public void Reports_each_second_tell_what_was_lost_and_how_the_path_is()
    {
        using var pair = new ForeignPair<FFmpegPublisher>(new FFmpegPublisher());
        pair.Connect();
        var studio = new Studio<FFmpegPublisher>(pair);
        studio.Send(1, sound: true);
        pair.ToServer.Conditions = new LinkConditions(TimeSpan.FromMilliseconds(15), Jitter: TimeSpan.FromMilliseconds(8));
        pair.ToClient.Conditions = new LinkConditions(TimeSpan.FromMilliseconds(25));
        int packets = 0;
        int lost = 0;
        pair.ToServer.Drops = bytes =>
        {
            bool isLost = DatagramClassifier.Classify(bytes) == DatagramKind.Rtp && bytes[9..12] is [0xA5, 0xC0, 0x01] && ++packets % 10 == 0;
            lost += isLost ? 1 : 0;
            return isLost;
        };

        studio.Send(300, sound: true);
        pair.ToServer.Drops = null;
        pair.ToServer.Conditions = new LinkConditions(TimeSpan.FromMilliseconds(15));
        studio.Send(40, sound: true);

        (TimeSpan At, ReportBlock Block)[] onVideo = [.. BlocksOn(FFmpegPublisher.VideoSsrc)];
        (TimeSpan At, ReportBlock Block)[] onAudio = [.. BlocksOn(FFmpegPublisher.AudioSsrc)];
        Assert.InRange(onVideo.Length, 10, 12);
        Assert.Equal(onVideo.Length, onAudio.Length);
        Assert.Equal(lost, onVideo[^1].Block.CumulativeLost);
        Assert.All(onVideo[2..9], report => Assert.InRange(report.Block.FractionLost / 256.0, 0.08, 0.12));
        Assert.Equal(0, onAudio[^1].Block.CumulativeLost);
        Assert.All(onAudio[2..9], report => Assert.InRange(report.Block.Jitter / 48.0, 1, 8));

        // By report and delay since (RFC 3550 6.4.1) the publisher sees the round trip: 25 ms back, and as long as its own report took before.
        Assert.All(onVideo.Concat(onAudio), report => Assert.InRange(RoundTrip(report.At, report.Block).TotalMilliseconds, 29.9, 48.1));

        IEnumerable<(TimeSpan At, ReportBlock Block)> BlocksOn(uint ssrc) =>
            from report in pair.Client.Reports
            from block in report.Blocks
            where block.Ssrc == ssrc
            select (report.At, block);

        static TimeSpan RoundTrip(TimeSpan at, ReportBlock block) =>
            NtpTime.TimeFromCompact(NtpTime.ToCompact(ForeignPeer.NtpEpoch + NtpTime.FromTime(at)) - block.LastSenderReport - block.DelaySinceLastSenderReport);
    }

    [Fact]
    public void Its_reports_which_come_before_its_first_packets_put_sound_and_picture_on_one_clock()
    {
        using var pair = new ForeignPair<FFmpegPublisher>(new FFmpegPublisher());
        pair.Connect();
        new Studio<FFmpegPublisher>(pair).Send(3, sound: true);

        foreach ((MediaKind kind, double clockRate) in ((MediaKind, double)[])[(MediaKind.Video, 90_000), (MediaKind.Audio, 48_000)])
        {
            Assert.True(pair.Server.Peer.TryGetSenderReport(kind, out ulong ntpTime, out long rtpTimestamp));
            ReceivedFrame first = pair.Server.Frames.First(frame => frame.Info.Kind == kind).Info;
            double seconds = (ntpTime - ForeignPeer.NtpEpoch) / 4294967296.0 + (first.RtpTimestamp - rtpTimestamp) / clockRate;
            Assert.Equal(first.FirstArrival.TotalSeconds, seconds + 0.005, tolerance: 0.001);
        }
    }

    [Fact]
    public void The_end_of_the_session_reaches_it()
    {
        using var pair = new ForeignPair<FFmpegPublisher>(new FFmpegPublisher());
        pair.Connect();
        new Studio<FFmpegPublisher>(pair).Send(10);

        pair.Server.Peer.Close(pair.Now);
        pair.RunUntil(() => pair.Client.IsClosed, TimeSpan.FromSeconds(1));
    }
}
