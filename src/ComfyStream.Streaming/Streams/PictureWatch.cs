namespace ComfyStream.Streaming.Streams;

/// <summary>
/// Decides what an output shows while no picture comes: the last one for a time, then a slate, or the input if the workflow fails
/// open; and the picture again as soon as there is one. Those who carry pictures note them, on any thread; one thread decides.
/// </summary>
/// <param name="graceTime">How long the last picture stays after the publisher's have stopped.</param>
/// <param name="holdTime">How long it stays while pictures come and the workflow gives none.</param>
internal sealed class PictureWatch(TimeSpan graceTime, TimeSpan holdTime)
{
    // Longer than the time between two pictures of any camera; a publisher that sends fewer is shown, and taken for live, all the same.
    private static readonly TimeSpan LongestInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Never = TimeSpan.MinValue;

    private long _shownTicks = Never.Ticks;
    private long _receivedTicks = Never.Ticks;
    private TimeSpan _receivingSince = Never;
    private TimeSpan _watchedSince = Never;
    private TimeSpan _publishingSince = Never;

    /// <summary>What was decided last.</summary>
    public Showing Showing { get; private set; } = Showing.Nothing;

    /// <summary>When a picture was shown last; <see cref="TimeSpan.MinValue"/> when none was.</summary>
    public TimeSpan LastShown => new(Volatile.Read(ref _shownTicks));

    /// <summary>Times that a slate, or the input in place of a failing workflow, was begun.</summary>
    public long InterruptionCount { get; private set; }

    /// <summary>Notes that a picture of the publisher has come.</summary>
    public void NoteReceived(TimeSpan now) => Volatile.Write(ref _receivedTicks, now.Ticks);

    /// <summary>Notes that the output's own picture was sent to the viewers.</summary>
    public void NoteShown(TimeSpan now) => Volatile.Write(ref _shownTicks, now.Ticks);

    /// <summary>Decides what is shown from now on.</summary>
    public Showing Decide(TimeSpan now, bool isWatched, bool hasPublisher, bool failsOpen)
    {
        _publishingSince = !hasPublisher ? Never : _publishingSince == Never ? now : _publishingSince;
        Showing decided = isWatched ? Choose(now, hasPublisher, failsOpen) : Showing.Nothing;
        _watchedSince = !isWatched ? Never : _watchedSince == Never ? now : _watchedSince;
        if (decided.IsInterruption() && !Showing.IsInterruption())
            InterruptionCount++;
        return Showing = decided;
    }

    private Showing Choose(TimeSpan now, bool hasPublisher, bool failsOpen)
    {
        TimeSpan shown = LastShown;
        TimeSpan received = new(Volatile.Read(ref _receivedTicks));
        bool isReceiving = hasPublisher && received != Never && now - received <= LongestInterval;
        _receivingSince = !isReceiving ? Never : _receivingSince == Never ? now : _receivingSince;
        if (shown != Never && now - shown <= LongestInterval)
            return Showing.Live;
        return isReceiving ? ChooseWithoutResult(now, shown, failsOpen) : ChooseWithoutSource(now, shown, hasPublisher, failsOpen);
    }

    // Pictures come, and nothing comes of them. The model rests while nobody watches: it has its time from then on.
    private Showing ChooseWithoutResult(TimeSpan now, TimeSpan shown, bool failsOpen)
    {
        TimeSpan begun = Latest(Latest(shown, _receivingSince), WatchedSince(now));
        if (now - begun <= holdTime)
            return Keep(failsOpen);
        return failsOpen ? Showing.Input : Showing.WorkflowSlate;
    }

    private Showing ChooseWithoutSource(TimeSpan now, TimeSpan shown, bool hasPublisher, bool failsOpen)
    {
        if (!hasPublisher && shown == Never)
            return Showing.NoPublisherSlate;

        // A publisher's first picture takes a moment, and whoever just came waits for that moment only.
        bool isSoon = hasPublisher && now - Latest(_publishingSince, WatchedSince(now)) <= holdTime;
        if (isSoon || (shown != Never && now - shown <= graceTime))
            return Keep(failsOpen);
        return hasPublisher ? Showing.NoPictureSlate : Showing.InterruptedSlate;
    }

    // A slate stays until there is a picture; the input only as long as the workflow of now lets it through.
    private Showing Keep(bool failsOpen) => Showing.IsSlate() || (failsOpen && Showing == Showing.Input) ? Showing : Showing.Held;

    private TimeSpan WatchedSince(TimeSpan now) => _watchedSince == Never ? now : _watchedSince;

    private static TimeSpan Latest(TimeSpan one, TimeSpan other) => one > other ? one : other;
}

/// <summary>What an output shows.</summary>
internal enum Showing
{
    /// <summary>Nothing: nobody watches.</summary>
    Nothing,

    /// <summary>Its picture.</summary>
    Live,

    /// <summary>The last picture, for a while.</summary>
    Held,

    /// <summary>The input, since the workflow fails and was made to fail open.</summary>
    Input,

    /// <summary>A slate: the workflow gives nothing.</summary>
    WorkflowSlate,

    /// <summary>A slate: nobody has published yet.</summary>
    NoPublisherSlate,

    /// <summary>A slate: the publisher is gone.</summary>
    InterruptedSlate,

    /// <summary>A slate: there is a publisher, but no picture of it.</summary>
    NoPictureSlate,
}

/// <summary>Groups of <see cref="Showing"/>.</summary>
internal static class ShowingExtensions
{
    /// <summary>Whether it is a slate.</summary>
    public static bool IsSlate(this Showing showing) =>
        showing is Showing.WorkflowSlate or Showing.NoPublisherSlate or Showing.InterruptedSlate or Showing.NoPictureSlate;

    /// <summary>Whether viewers see something else than the picture or the last one.</summary>
    public static bool IsInterruption(this Showing showing) => showing == Showing.Input || showing.IsSlate();

    /// <summary>How statistics and log say it.</summary>
    public static string ToWord(this Showing showing) => showing switch
    {
        Showing.Nothing => "nothing (nobody watches)",
        Showing.Live => "live",
        Showing.Held => "last picture",
        Showing.Input => "input (the workflow fails open)",
        Showing.WorkflowSlate => "slate (the workflow gives no picture)",
        Showing.NoPublisherSlate => "slate (nobody has published yet)",
        Showing.InterruptedSlate => "slate (the publisher is gone)",
        _ => "slate (the publisher sends no picture)",
    };
}
