using ComfyStream.WebRtc;

namespace ComfyStream.Streaming.Streams;

/// <summary>
/// One publisher's sound and picture on the server's monotonic time. Each is placed at its first arrival. Once the sender reports of
/// both say when on the sender's clock they were made, they are moved to where they belong together, and kept there. The drift
/// between the sender's clock and ours is followed slowly, by both at once. Owned by the publisher's event loop.
/// </summary>
/// <param name="notBefore">The first frames come after it: where an earlier publisher of the same stream ended.</param>
internal sealed class PublisherTimeline(TimeSpan notBefore = default)
{
    // Reports are noisy, and players (and people) do not mind as much.
    private static readonly TimeSpan Hysteresis = TimeSpan.FromMilliseconds(20);

    // Sound that is moved back overlaps what was played, and is lost; a picture that is moved forward is only shown longer.
    private static readonly TimeSpan MostSoundLost = TimeSpan.FromMilliseconds(40);

    // No encoder and no path holds one back longer than the other: such reports are of two clocks.
    private static readonly TimeSpan LargestSkew = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan PictureSilence = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LeastStep = TimeSpan.FromMilliseconds(1);

    private readonly TrackTimeline _audio = new(clockRate: 48_000, isReordered: false, notBefore);
    private readonly TrackTimeline _video = new(clockRate: 90_000, isReordered: true, notBefore);

    // How far the first frame had to be placed after its arrival to come after the publisher before: the same for both tracks.
    private TimeSpan _lead;

    /// <summary>The latest media time given (any thread).</summary>
    public TimeSpan Last => _video.Last > _audio.Last ? _video.Last : _audio.Last;

    /// <summary>Whether sound and picture stand by the sender's clock.</summary>
    public bool IsAligned { get; private set; }

    /// <summary>The media time of a frame with that RTP timestamp (unwrapped) that began to arrive at that time.</summary>
    public TimeSpan Map(MediaKind kind, uint ssrc, long rtpTimestamp, TimeSpan arrival)
    {
        TrackTimeline track = For(kind);
        if (!track.IsStarted)
            return Start(track, ssrc, rtpTimestamp, arrival);

        TimeSpan time = track.Map(ssrc, rtpTimestamp, arrival);
        if (track.Transit.TryGetStep(arrival, out TimeSpan step))
            Follow(track, step);
        return time;
    }

    /// <summary>Takes the last sender report of a track, which may be the one that it was before.</summary>
    public void Report(MediaKind kind, ulong ntpTime, long rtpTimestamp)
    {
        // A step of the sender's wall clock is in the reports of both tracks, but not at once.
        if (!For(kind).Reports.TryAdd(ntpTime, rtpTimestamp))
            (kind == MediaKind.Video ? _audio : _video).Reports.Forget();
        Align();
    }

    private TrackTimeline For(MediaKind kind) => kind == MediaKind.Video ? _video : _audio;

    private TimeSpan Start(TrackTimeline track, uint ssrc, long rtpTimestamp, TimeSpan arrival)
    {
        if (!_audio.IsStarted && !_video.IsStarted && arrival < notBefore + LeastStep)
            _lead = notBefore + LeastStep - arrival;
        TimeSpan time = track.Start(ssrc, rtpTimestamp, arrival, arrival + _lead);
        Align();
        return time;
    }

    private void Align()
    {
        if (!_audio.IsStarted || !_video.IsStarted || _audio.Reports.Offset is not { } audioClock || _video.Reports.Offset is not { } videoClock)
            return;

        TimeSpan skew = _video.Offset - videoClock - (_audio.Offset - audioClock);
        if (skew.Duration() > LargestSkew)
        {
            IsAligned = false;
            return;
        }

        if (IsAligned && skew.Duration() < Hysteresis)
            return;
        IsAligned = true;
        (TrackTimeline track, TimeSpan by) = skew < -MostSoundLost ? (_video, -skew) : (_audio, skew);
        track.Move(by);

        // Its arrival may have changed, or its clock may be another one than the picture's: it is where it ought to be now.
        track.Transit.ForgetDrift();
    }

    // Reports tell how sound drifts against the picture, so that arrival must tell only of one of them.
    private void Follow(TrackTimeline track, TimeSpan step)
    {
        if (!IsAligned)
        {
            track.Move(step);
            return;
        }

        if (track == _audio && _audio.LastArrival - _video.LastArrival < PictureSilence)
            return;
        _audio.Move(step);
        _video.Move(step);
    }
}
