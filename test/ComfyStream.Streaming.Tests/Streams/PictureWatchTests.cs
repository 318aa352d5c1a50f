using ComfyStream.Streaming.Streams;

namespace ComfyStream.Streaming.Tests.Streams;

/// <summary>In virtual time: a picture every 40 ms, looked at every 50 ms.</summary>
public sealed class PictureWatchTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    private readonly PictureWatch _watch = new(graceTime: TimeSpan.FromSeconds(10), holdTime: TimeSpan.FromSeconds(1));
    private readonly List<(double Seconds, Showing Showing)> _changes = [];
    private TimeSpan _now = TimeSpan.FromHours(1);
    private readonly TimeSpan _start = TimeSpan.FromHours(1);

    [Fact]
    public void Whoever_comes_first_sees_a_slate_at_once()
    {
        Run(0.1, publisher: false);

        Assert.Equal([(0, Showing.NoPublisherSlate)], _changes);
    }

    [Fact]
    public void The_slate_gives_way_to_the_first_picture_and_not_before()
    {
        Run(3, publisher: false);
        Run(0.5, publisher: true);
        Run(1, publisher: true, receives: true, shows: true);

        Assert.Equal([Showing.NoPublisherSlate, Showing.Live], Shown);
        Assert.InRange(_changes[^1].Seconds, 3.5, 3.6);
    }

    [Fact]
    public void A_viewer_who_comes_with_the_publisher_sees_no_slate_while_the_first_picture_is_on_its_way()
    {
        Run(0.9, publisher: true);
        Run(1, publisher: true, receives: true, shows: true);

        Assert.Equal([Showing.Held, Showing.Live], Shown);
    }

    [Fact]
    public void A_publisher_that_sends_no_picture_is_told_of_after_a_second()
    {
        Run(3, publisher: true);

        Assert.Equal([Showing.Held, Showing.NoPictureSlate], Shown);
        Assert.InRange(_changes[^1].Seconds, 1, 1.1);
    }

    [Fact]
    public void The_last_picture_stays_for_the_grace_time_after_the_publisher_has_gone()
    {
        Run(2, publisher: true, receives: true, shows: true);
        Run(15, publisher: false);

        Assert.Equal([Showing.Live, Showing.Held, Showing.InterruptedSlate], Shown);
        Assert.InRange(_changes[^1].Seconds, 11.9, 12.1);
        Assert.Equal(1, _watch.InterruptionCount);
    }

    [Fact]
    public void A_publisher_who_comes_back_within_the_grace_time_brings_no_slate_about()
    {
        Run(2, publisher: true, receives: true, shows: true);
        Run(8, publisher: false);
        Run(0.5, publisher: true);
        Run(2, publisher: true, receives: true, shows: true);

        Assert.Equal([Showing.Live, Showing.Held, Showing.Live], Shown);
        Assert.Equal(0, _watch.InterruptionCount);
    }

    [Fact]
    public void A_publisher_who_stays_connected_and_sends_nothing_has_the_same_grace_time()
    {
        Run(2, publisher: true, receives: true, shows: true);
        Run(15, publisher: true);
        Run(1, publisher: true, receives: true, shows: true);

        Assert.Equal([Showing.Live, Showing.Held, Showing.NoPictureSlate, Showing.Live], Shown);
        Assert.InRange(_changes[2].Seconds, 11.9, 12.1);
    }

    [Fact]
    public void A_workflow_that_gives_nothing_is_held_for_a_second_and_then_a_slate_is_shown()
    {
        Run(2, publisher: true, receives: true, shows: true);
        Run(5, publisher: true, receives: true);
        Run(1, publisher: true, receives: true, shows: true);

        Assert.Equal([Showing.Live, Showing.Held, Showing.WorkflowSlate, Showing.Live], Shown);
        Assert.InRange(_changes[2].Seconds, 2.9, 3.1);
    }

    [Fact]
    public void Only_a_workflow_that_fails_open_lets_the_input_through()
    {
        Run(2, publisher: true, receives: true, shows: true, failsOpen: true);
        Run(5, publisher: true, receives: true, failsOpen: true);
        Run(15, publisher: true, failsOpen: true);

        Assert.Equal([Showing.Live, Showing.Held, Showing.Input, Showing.NoPictureSlate], Shown);
    }

    [Fact]
    public void The_input_is_not_shown_a_moment_longer_when_the_next_workflow_does_not_fail_open()
    {
        Run(2, publisher: true, receives: true, shows: true, failsOpen: true);
        Run(5, publisher: true, receives: true, failsOpen: true);
        Assert.Equal(Showing.Input, _watch.Showing);
        _changes.Clear();

        Run(0.8, publisher: false);
        Run(5, publisher: true, receives: true);

        Assert.DoesNotContain(Showing.Input, Shown);
        Assert.Equal(Showing.WorkflowSlate, _watch.Showing);
    }

    [Fact]
    public void A_model_that_rested_while_nobody_watched_has_its_time_before_the_first_viewer_sees_a_slate()
    {
        Run(60, publisher: true, receives: true, isWatched: false);
        Run(0.8, publisher: true, receives: true);
        Run(1, publisher: true, receives: true, shows: true);

        Assert.Equal([Showing.Nothing, Showing.Held, Showing.Live], Shown);
    }

    [Fact]
    public void The_slate_of_a_publisher_who_is_gone_stays_until_the_next_one_sends_a_picture()
    {
        Run(1, publisher: true, receives: true, shows: true);
        Run(20, publisher: false);
        Run(0.9, publisher: true);
        Run(0.9, publisher: true, receives: true);
        Run(1, publisher: true, receives: true, shows: true);

        Assert.Equal([Showing.Live, Showing.Held, Showing.InterruptedSlate, Showing.Live], Shown);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Random_histories_end_live_when_pictures_come_and_in_a_slate_when_they_do_not(int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < 300; i++)
        {
            Run(random.NextDouble() * 12, publisher: random.Next(2) == 0, receives: random.Next(2) == 0, shows: random.Next(3) == 0, isWatched: random.Next(5) > 0);
            if (i % 10 != 0)
                continue;
            Run(0.2, publisher: true, receives: true, shows: true);
            Assert.Equal(Showing.Live, _watch.Showing);
            Run(11, publisher: random.Next(2) == 0);
            Assert.True(_watch.Showing.IsSlate());
        }
    }

    private IEnumerable<Showing> Shown => _changes.Select(change => change.Showing);

    private void Run(double seconds, bool publisher, bool receives = false, bool shows = false, bool isWatched = true, bool failsOpen = false)
    {
        TimeSpan end = _now + TimeSpan.FromSeconds(seconds);
        for (int tick = 0; _now < end; _now += Step, tick++)
        {
            if (receives && tick % 4 == 0)
                _watch.NoteReceived(_now);
            if (shows && tick % 4 == 0)
                _watch.NoteShown(_now);
            if (tick % 5 != 0)
                continue;
            Showing showing = _watch.Decide(_now, isWatched, publisher, failsOpen);
            if (_changes.Count == 0 || _changes[^1].Showing != showing)
                _changes.Add(((_now - _start).TotalSeconds, showing));
        }
    }
}
