using ComfyStream.Streaming.Streams;
using ComfyStream.WebRtc;

namespace ComfyStream.Streaming.Tests.Streams;

public sealed class PublisherTimelineTests
{
    private readonly PublisherTimeline _timeline = new();
    private readonly SimulatedSender _sender;

    public PublisherTimelineTests() => _sender = new SimulatedSender(_timeline);

    [Fact]
    public void Each_track_begins_at_its_first_arrival_while_nothing_is_reported()
    {
        _sender.Video.Reports = _sender.Audio.Reports = false;
        _sender.Video.Path = Ms(180);
        _sender.Run(5);

        Assert.Equal(_sender.Video.Frames[0].Arrived, _sender.Video.Frames[0].Time);
        Assert.Equal(_sender.Audio.Frames[0].Arrived, _sender.Audio.Frames[0].Time);
        Assert.False(_timeline.IsAligned);
    }

    [Fact]
    public void Jitter_of_arrival_does_not_reach_media_time()
    {
        _sender.Video.Jitter = _sender.Audio.Jitter = Ms(100);
        _sender.Run(0.2);
        int video = _sender.Video.Frames.Count, audio = _sender.Audio.Frames.Count;
        _sender.Run(60);

        Assert.Empty(_sender.Video.Steps(video));
        Assert.Empty(_sender.Audio.Steps(audio));
    }

    [Fact]
    public void A_picture_that_comes_later_than_its_sound_gets_it_back_by_the_reports()
    {
        _sender.Video.Path = Ms(180);
        _sender.Audio.ReportAt = _sender.Now + TimeSpan.FromSeconds(2);
        _sender.Run(1);
        Assert.Equal(150, _sender.PictureLateness.TotalMilliseconds, 0.5);
        _sender.Run(4);

        Assert.True(_timeline.IsAligned);
        ExpectLipSync(milliseconds: 1);
        Assert.Empty(_sender.Video.Steps());
        Assert.Equal(150, Assert.Single(_sender.Audio.Steps()).TotalMilliseconds, 0.5);
        ExpectRising();
    }

    [Fact]
    public void Sound_that_comes_later_than_its_picture_is_not_lost_to_align_them()
    {
        _sender.Audio.Path = Ms(180);
        _sender.Video.ReportAt = _sender.Now + TimeSpan.FromSeconds(2);
        _sender.Run(5);

        ExpectLipSync(milliseconds: 1);
        Assert.Empty(_sender.Audio.Steps());
        Assert.Equal(150, Assert.Single(_sender.Video.Steps()).TotalMilliseconds, 0.5);
    }

    [Fact]
    public void Reports_of_one_track_alone_change_nothing()
    {
        _sender.Audio.Reports = false;
        _sender.Video.Path = Ms(180);
        _sender.Run(30);

        Assert.False(_timeline.IsAligned);
        Assert.Empty(_sender.Video.Steps());
        Assert.Empty(_sender.Audio.Steps());
    }

    [Fact]
    public void A_publisher_with_one_track_needs_no_other()
    {
        _sender.Audio.IsMuted = true;
        _sender.Run(30);

        Assert.Empty(_sender.Video.Steps());
        Assert.Equal(_sender.Video.Frames[^1].Time, _timeline.Last);
    }

    [Fact]
    public void Reports_without_a_wall_clock_are_ignored()
    {
        _sender.Video.Path = Ms(180);
        _sender.Audio.Reports = false;
        _sender.Audio.Reported = (0, 0);
        _sender.Run(10);

        Assert.False(_timeline.IsAligned);
        Assert.Empty(_sender.Audio.Steps());
    }

    // Regression list of protocol.md 6.3, 23: sender reports of sound and picture by different clocks.
    [Theory]
    [InlineData(6)]
    [InlineData(-6)]
    [InlineData(-2_208_988_800)]
    public void Reports_of_two_clocks_are_ignored(double secondsApart)
    {
        _sender.Audio.WallClock = TimeSpan.FromSeconds(secondsApart);
        _sender.Run(30);

        Assert.False(_timeline.IsAligned);
        Assert.Empty(_sender.Video.Steps());
        Assert.Empty(_sender.Audio.Steps());
        ExpectLipSync(milliseconds: 1);
    }

    [Fact]
    public void Reports_that_disagree_a_little_move_nothing()
    {
        _sender.Run(5);
        _sender.Video.StampLateness = _sender.Audio.StampLateness = Ms(18);
        int video = _sender.Video.Frames.Count, audio = _sender.Audio.Frames.Count;
        _sender.Run(600);

        Assert.Empty(_sender.Video.Steps(video));
        Assert.Empty(_sender.Audio.Steps(audio));
    }

    [Fact]
    public void Late_stamps_of_a_busy_sender_do_not_spoil_lip_sync()
    {
        _sender.Video.Path = Ms(180);
        _sender.Video.StampLateness = Ms(50);
        _sender.Run(10);
        for (int i = 0; i < 60; i++)
        {
            _sender.Run(10);
            ExpectLipSync(milliseconds: 40);
        }

        ExpectRising();
    }

    [Fact]
    public void One_report_that_is_far_off_moves_nothing()
    {
        _sender.Run(10);
        _sender.Audio.WallClock = TimeSpan.FromSeconds(3);
        _sender.Audio.ReportAt = TimeSpan.Zero;
        _sender.Run(0.02);
        _sender.Audio.WallClock = TimeSpan.Zero;
        _sender.Run(20);

        Assert.Empty(_sender.Video.Steps());
        Assert.Empty(_sender.Audio.Steps());
        Assert.True(_timeline.IsAligned);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(-2)]
    [InlineData(100_000)]
    public void A_step_of_the_senders_wall_clock_moves_nothing(double seconds)
    {
        _sender.Run(10);
        _sender.WallClock = TimeSpan.FromSeconds(seconds);
        _sender.Run(20);

        Assert.Empty(_sender.Video.Steps());
        Assert.Empty(_sender.Audio.Steps());
    }

    [Fact]
    public void The_senders_wall_clock_may_pass_the_end_of_its_era()
    {
        // NTP's seconds of 32 bits begin anew in 2036.
        _sender.WallClock = TimeSpan.FromSeconds(uint.MaxValue - 0xEA00_0000 - _sender.Now.TotalSeconds - 10);
        _sender.Run(10);
        _sender.WallClock -= TimeSpan.FromSeconds(4_294_967_296);
        _sender.Run(30);

        Assert.Empty(_sender.Video.Steps());
        Assert.Empty(_sender.Audio.Steps());
        Assert.True(_timeline.IsAligned);
    }

    [Fact]
    public void Reports_that_come_before_their_frames_or_long_after_count_the_same()
    {
        _sender.Run(1);
        var timeline = new PublisherTimeline();
        (ulong ntp, long rtp) = _sender.Video.Reported!.Value;
        long later = rtp + 90_000;
        ulong laterNtp = ntp + (1UL << 32);
        timeline.Report(MediaKind.Video, laterNtp, later);
        TimeSpan picture = timeline.Map(MediaKind.Video, 7, rtp, Ms(5150));
        (ulong soundNtp, long soundRtp) = _sender.Audio.Reported!.Value;
        timeline.Map(MediaKind.Audio, 7, soundRtp, Ms(5000));
        timeline.Report(MediaKind.Video, ntp, rtp);
        timeline.Report(MediaKind.Audio, soundNtp, soundRtp);
        TimeSpan sound = timeline.Map(MediaKind.Audio, 7, soundRtp + 960, Ms(5020));

        Assert.True(timeline.IsAligned);
        double expected = 20 + (soundNtp - (double)ntp) / 4294967.296;
        Assert.Equal(expected, (sound - picture).TotalMilliseconds, 1.0);
    }

    [Theory]
    [InlineData(80)]
    [InlineData(-80)]
    public void The_drift_of_the_senders_clock_is_followed_in_steps_of_a_sound_packet(double ppm)
    {
        _sender.DriftPpm = ppm;
        _sender.Video.Path = Ms(100);
        _sender.Video.Jitter = _sender.Audio.Jitter = Ms(40);
        _sender.Run(20);
        int video = _sender.Video.Frames.Count, audio = _sender.Audio.Frames.Count;
        TimeSpan transit = Transit(_sender.Audio);
        _sender.Run(3600);

        Assert.InRange((Transit(_sender.Audio) - transit).TotalMilliseconds, -60, 60);

        // A packet that is put 1 ms after the one before, instead of upon it, is discarded by a player; the next one follows in its place.
        List<TimeSpan> steps = [.. _sender.Audio.Steps(audio).Where(step => step.Duration() > Ms(1.1))];
        Assert.All(steps, step => Assert.InRange(step.Duration().TotalMilliseconds, 18, 22));
        Assert.InRange(steps.Count, 10, 16);
        Assert.Equal(steps.Count, _sender.Video.Steps(video).Count);
        ExpectLipSync(milliseconds: 20);
        ExpectRising();
    }

    [Theory]
    [InlineData(80)]
    [InlineData(-80)]
    public void Drift_is_followed_without_reports_too(double ppm)
    {
        _sender.DriftPpm = ppm;
        _sender.Video.Reports = _sender.Audio.Reports = false;
        _sender.Run(3600);

        Assert.InRange(Transit(_sender.Audio).TotalMilliseconds, -45, 45);
        Assert.InRange(Transit(_sender.Video).TotalMilliseconds, -45, 45);
        ExpectRising();
    }

    [Theory]
    [InlineData(60)]
    [InlineData(-60)]
    public void A_sound_card_that_drifts_against_the_senders_clock_leaves_the_picture_alone(double ppm)
    {
        _sender.Audio.DriftPpm = ppm;
        _sender.Run(3600);

        ExpectLipSync(milliseconds: 22);
        Assert.Empty(_sender.Video.Steps());
        Assert.InRange(_sender.Audio.Steps().Count, 8, 24);
        Assert.InRange(Transit(_sender.Audio).TotalMilliseconds, -45, 45);
        ExpectRising();
    }

    [Theory]
    [InlineData(3000)]
    [InlineData(-3000)]
    public void A_clock_that_is_far_off_moves_both_tracks_together(double ppm)
    {
        _sender.DriftPpm = ppm;
        for (int i = 0; i < 60; i++)
        {
            _sender.Run(20);
            ExpectLipSync(milliseconds: 22);
            Assert.InRange(Transit(_sender.Video).TotalMilliseconds, -650, 650);
        }

        ExpectRising();
    }

    [Theory]
    [InlineData(20)]
    [InlineData(-20)]
    [InlineData(40_000)]
    public void A_jump_of_one_tracks_rtp_clock_leaves_lip_sync_and_the_other_track_alone(double seconds)
    {
        _sender.Video.Path = Ms(180);
        _sender.Run(10);
        int audio = _sender.Audio.Frames.Count, video = _sender.Video.Frames.Count;
        _sender.Video.RtpBase += (long)(seconds * 90_000);
        _sender.Run(0.5);
        ExpectLipSync(milliseconds: 1);
        _sender.Run(20);

        ExpectLipSync(milliseconds: 1);
        Assert.Empty(_sender.Audio.Steps(audio));
        Assert.Empty(_sender.Video.Steps(video));
        ExpectRising();
    }

    [Fact]
    public void A_jump_of_the_senders_whole_clock_keeps_sound_and_picture_together()
    {
        _sender.Video.Path = Ms(180);
        _sender.Run(10);
        int audio = _sender.Audio.Frames.Count, video = _sender.Video.Frames.Count;
        _sender.Video.RtpBase -= 9_000_000;
        _sender.Audio.RtpBase -= 4_800_000;
        _sender.WallClock = TimeSpan.FromSeconds(-100);
        _sender.Run(20);

        ExpectLipSync(milliseconds: 1);
        Assert.Empty(_sender.Audio.Steps(audio));
        Assert.Empty(_sender.Video.Steps(video));
        ExpectRising();
    }

    [Fact]
    public void Another_ssrc_with_other_timestamps_goes_on_where_the_one_before_ended()
    {
        _sender.Video.Path = Ms(180);
        _sender.Run(10);
        int audio = _sender.Audio.Frames.Count, video = _sender.Video.Frames.Count;
        _sender.Video.Ssrc = 8;
        _sender.Video.Reported = null;
        _sender.Video.RtpBase = 3_000_000_000;
        _sender.Video.Jitter = Ms(60);
        _sender.Run(30);

        // Its first frame may have been held up; its reports put it right.
        ExpectLipSync(milliseconds: 22);
        Assert.Empty(_sender.Video.Steps(video + 200));
        Assert.All(_sender.Audio.Steps(audio), step => Assert.InRange(step.TotalMilliseconds, -40, 60));
        ExpectRising();
    }

    [Fact]
    public void Timestamps_beyond_32_bits_and_a_year_of_them_are_as_good_as_others()
    {
        _sender.Video.RtpBase = uint.MaxValue - 90_000 * 1002L;
        _sender.Audio.RtpBase = 48_000L * 86_400 * 365;
        _sender.Run(10);

        ExpectLipSync(milliseconds: 1);
        Assert.Empty(_sender.Video.Steps());
        Assert.Empty(_sender.Audio.Steps());
    }

    [Fact]
    public void Frames_that_were_held_up_on_the_way_keep_their_times()
    {
        _sender.Run(5);
        foreach (SimulatedSender.Track track in new[] { _sender.Video, _sender.Audio })
        {
            // Everything of 900 ms comes at once at their end, then all is well again.
            track.LastArrival = _sender.Now + Ms(900);
        }

        _sender.Run(20);

        Assert.Empty(_sender.Video.Steps());
        Assert.Empty(_sender.Audio.Steps());
    }

    [Fact]
    public void A_clock_that_stood_still_while_time_went_on_is_believed_after_a_second()
    {
        _sender.Run(5);
        _sender.Video.RtpBase -= 10 * 90_000;
        _sender.Audio.RtpBase -= 10 * 48_000;
        _sender.Pause(TimeSpan.FromSeconds(10));
        _sender.Run(5);

        Assert.Equal(_sender.Video.Frames[^1].Arrived.TotalSeconds, _sender.Video.Frames[^1].Time.TotalSeconds, 0.01);
        ExpectLipSync(milliseconds: 20);
        ExpectRising();
    }

    [Fact]
    public void A_pause_takes_its_time()
    {
        _sender.Run(5);
        _sender.Pause(TimeSpan.FromSeconds(100));
        _sender.Run(5);

        Assert.Empty(_sender.Video.Steps());
        Assert.Empty(_sender.Audio.Steps());
    }

    [Fact]
    public void Pictures_in_coding_order_keep_their_times()
    {
        TimeSpan first = _timeline.Map(MediaKind.Video, 7, 0, Ms(5000));
        long[] codingOrder = [9000, 3000, 6000, 18000, 12000, 15000];

        for (int i = 0; i < codingOrder.Length; i++)
            Assert.Equal(codingOrder[i] / 90_000.0, (_timeline.Map(MediaKind.Video, 7, codingOrder[i], Ms(5000 + 33 * i)) - first).TotalSeconds, 6);
    }

    [Fact]
    public void The_next_publisher_begins_after_the_last_one_with_sound_and_picture_together()
    {
        // GStreamer's x264enc holds pictures back by seconds: sound is given far ahead of its arrival.
        _sender.Video.Path = Ms(2500);
        _sender.Run(20);
        TimeSpan ended = _timeline.Last;
        Assert.True(ended > _sender.Now + TimeSpan.FromSeconds(1));
        var timeline = new PublisherTimeline(ended);
        var next = new SimulatedSender(timeline);
        next.Pause(_sender.Now - next.Now);
        next.Audio.Reports = next.Video.Reports = false;
        next.Video.NextAt += Ms(300);

        next.Run(5);

        Assert.True(next.Video.Frames[0].Time > ended && next.Audio.Frames[0].Time > ended);
        Assert.Equal(0, next.PictureLateness.TotalMilliseconds, 0.5);
        Assert.Empty(next.Video.Steps());
        Assert.Empty(next.Audio.Steps());
    }

    [Fact]
    public void A_reconnect_goes_on_by_elapsed_time()
    {
        _sender.Run(5);
        TimeSpan last = _sender.Video.Frames[^1].Time;
        var timeline = new PublisherTimeline(_timeline.Last);
        var next = new SimulatedSender(timeline);
        next.Pause(_sender.Now - next.Now + TimeSpan.FromSeconds(2));
        next.Video.RtpBase = 123_456_789;
        next.Run(1);

        Assert.Equal(2, (next.Video.Frames[0].Time - last).TotalSeconds, 0.05);
    }

    [Fact]
    public void Whatever_a_sender_says_sound_never_goes_back_and_media_time_stays_near_arrival()
    {
        var random = new Random(5);
        for (int round = 0; round < 200; round++)
        {
            var timeline = new PublisherTimeline(TimeSpan.FromSeconds(random.Next(12)));
            TimeSpan now = TimeSpan.FromSeconds(10);
            TimeSpan lastSound = TimeSpan.Zero;
            for (int i = 0; i < 500; i++)
            {
                now += TimeSpan.FromMilliseconds(random.Next(60));
                MediaKind kind = random.Next(2) == 0 ? MediaKind.Audio : MediaKind.Video;
                if (random.Next(4) == 0)
                    timeline.Report(kind, Draw(), (long)Draw() >> random.Next(24, 40));
                TimeSpan time = timeline.Map(kind, (uint)(1 + random.Next(200) / 199), (long)Draw() >> random.Next(24, 50), now);
                Assert.InRange((time - now).TotalSeconds, -20, 20);
                if (kind == MediaKind.Video)
                    continue;
                Assert.True(time > lastSound);
                lastSound = time;
            }
        }

        ulong Draw() => random.Next(4) == 0 ? 0 : (ulong)random.NextInt64(long.MinValue, long.MaxValue);
    }

    private static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    // The least of the last ten seconds.
    private static TimeSpan Transit(SimulatedSender.Track track) => track.Frames.TakeLast(300).Min(frame => frame.Arrived - frame.Time);

    [Fact]
    public void Reports_that_contradict_each_other_for_ever_do_not_lead_into_the_future()
    {
        // Each time one track's clock goes back by four seconds, and the other track is moved forward.
        TimeSpan now = TimeSpan.FromSeconds(1000);
        double[] clocks = [500, 500];
        TimeSpan mostAhead = TimeSpan.Zero;
        for (int i = 0; i < 3000; i++)
        {
            now += Ms(20);
            if (i % 20 == 19)
                clocks[i / 20 % 2] -= 4;
            foreach (MediaKind kind in (MediaKind[])[MediaKind.Video, MediaKind.Audio])
            {
                long timestamp = (long)now.TotalMilliseconds * (kind == MediaKind.Video ? 90 : 48);
                double wallClock = clocks[(int)kind] + now.TotalSeconds;
                _timeline.Report(kind, (ulong)(wallClock * (1L << 32)), timestamp);
                TimeSpan ahead = _timeline.Map(kind, ssrc: 1, timestamp, now) - now;
                mostAhead = ahead > mostAhead ? ahead : mostAhead;
            }
        }

        Assert.InRange(mostAhead, Ms(3900), Ms(6600));
    }

    [Fact]
    public void Sound_of_one_timestamp_for_ever_does_not_lead_into_the_future()
    {
        TimeSpan now = TimeSpan.FromSeconds(1000);
        TimeSpan last = TimeSpan.Zero;
        for (int i = 0; i < 100_000; i++)
        {
            now += TimeSpan.FromTicks(100);
            TimeSpan time = _timeline.Map(MediaKind.Audio, ssrc: 1, rtpTimestamp: 0, now);
            Assert.True(time > last);
            last = time;
        }

        Assert.InRange(last - now, TimeSpan.Zero, Ms(6600));
    }

    private void ExpectLipSync(double milliseconds) =>
        Assert.InRange(_sender.PictureLateness.TotalMilliseconds, -milliseconds, milliseconds);

    private void ExpectRising()
    {
        _sender.Video.ExpectRising();
        _sender.Audio.ExpectRising();
    }
}
