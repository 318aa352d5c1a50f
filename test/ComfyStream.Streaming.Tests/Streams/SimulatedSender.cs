using ComfyStream.Streaming.Streams;
using ComfyStream.WebRtc;

namespace ComfyStream.Streaming.Tests.Streams;

/// <summary>
/// A publisher in virtual time: sound each 20 ms, pictures at 30 a second, a sender report of each about every second, over a path with
/// a delay and jitter for each track. It notes when what was captured and where it was put.
/// </summary>
internal sealed class SimulatedSender(PublisherTimeline timeline, int seed = 1)
{
    private const ulong NtpEpoch = 0xEA00_0000_0000_0000;

    private readonly Random _random = new(seed);

    public Track Audio { get; } = new(MediaKind.Audio, 48_000, TimeSpan.FromMilliseconds(20));

    public Track Video { get; } = new(MediaKind.Video, 90_000, TimeSpan.FromSeconds(1) / 30);

    /// <summary>The sender's wall clock against real time, in parts per million.</summary>
    public double DriftPpm { get; set; }

    /// <summary>Steps of the sender's wall clock.</summary>
    public TimeSpan WallClock { get; set; }

    public TimeSpan Now { get; private set; } = TimeSpan.FromSeconds(1000);

    /// <summary>By how much the picture comes after sound that was captured with it, for a player that aligns them by media time.</summary>
    public TimeSpan PictureLateness
    {
        get
        {
            Given picture = Video.Frames[^1];
            Given sound = Audio.Frames[^1];
            return picture.Time - sound.Time - (picture.Captured - sound.Captured);
        }
    }

    /// <summary>Lets time go by without a frame.</summary>
    public void Pause(TimeSpan duration)
    {
        Now += duration;
        Audio.NextAt = Video.NextAt = Now;
    }

    public void Run(double seconds)
    {
        TimeSpan end = Now + TimeSpan.FromSeconds(seconds);
        Audio.NextAt = Max(Audio.NextAt, Now);
        Video.NextAt = Max(Video.NextAt, Now);
        for (; ; )
        {
            Track track = Next(Audio) <= Next(Video) ? Audio : Video;
            if (Next(track) >= end)
                break;
            Send(track, track.NextAt);
            track.NextAt += track.Interval;
        }

        Now = end;
    }

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static TimeSpan Next(Track track) => track.IsMuted ? TimeSpan.MaxValue : track.NextAt + track.Path;

    private void Send(Track track, TimeSpan captured)
    {
        long rtp = track.RtpBase + (long)Math.Round(OnSendersClock(captured).TotalSeconds * (1 + track.DriftPpm / 1e6) * track.ClockRate);
        TimeSpan arrival = Max(captured + track.Path + _random.NextDouble() * track.Jitter, track.LastArrival);
        track.LastArrival = arrival;
        if (track.Reports && captured >= track.ReportAt)
        {
            track.ReportAt = captured + TimeSpan.FromSeconds(0.8 + 0.4 * _random.NextDouble());
            TimeSpan stamp = OnSendersClock(captured) + WallClock + track.WallClock + _random.NextDouble() * track.StampLateness;
            track.Reported = (NtpEpoch + (ulong)(stamp.TotalSeconds * 4294967296), rtp);
        }

        // As the session does: the last report is told again with every frame.
        if (track.Reported is { } report)
            timeline.Report(track.Kind, report.Ntp, report.Rtp);
        track.Frames.Add(new Given(captured, arrival, timeline.Map(track.Kind, track.Ssrc, rtp, arrival)));
    }

    private TimeSpan OnSendersClock(TimeSpan time) => time * (1 + DriftPpm / 1e6);

    public readonly record struct Given(TimeSpan Captured, TimeSpan Arrived, TimeSpan Time);

    public sealed class Track(MediaKind kind, int clockRate, TimeSpan interval)
    {
        public MediaKind Kind => kind;

        public int ClockRate => clockRate;

        public TimeSpan Interval => interval;

        public uint Ssrc { get; set; } = 7;

        public long RtpBase { get; set; }

        /// <summary>This track's RTP clock against the sender's wall clock.</summary>
        public double DriftPpm { get; set; }

        /// <summary>What this track's reports are wrong by.</summary>
        public TimeSpan WallClock { get; set; }

        public TimeSpan Path { get; set; } = TimeSpan.FromMilliseconds(30);

        public TimeSpan Jitter { get; set; }

        /// <summary>Reports are stamped up to that much too late.</summary>
        public TimeSpan StampLateness { get; set; }

        public bool Reports { get; set; } = true;

        public bool IsMuted { get; set; }

        public List<Given> Frames { get; } = [];

        public TimeSpan NextAt { get; set; }

        public TimeSpan ReportAt { get; set; }

        public TimeSpan LastArrival { get; set; }

        public (ulong Ntp, long Rtp)? Reported { get; set; }

        /// <summary>The distances of neighbours that are not the sender's, beyond rounding, from the frame with that number on.</summary>
        public IReadOnlyList<TimeSpan> Steps(int from = 0)
        {
            List<TimeSpan> steps = [];
            for (int i = from + 1; i < Frames.Count; i++)
            {
                TimeSpan step = Frames[i].Time - Frames[i - 1].Time - (Frames[i].Captured - Frames[i - 1].Captured);
                if (step.Duration() > TimeSpan.FromMilliseconds(0.5))
                    steps.Add(step);
            }

            return steps;
        }

        public void ExpectRising() =>
            Assert.All(Frames.Zip(Frames.Skip(1)), pair => Assert.True(pair.Second.Time > pair.First.Time, $"Media time went back from {pair.First} to {pair.Second}."));
    }
}
