using ComfyStream.Workflows.Detection;

namespace ComfyStream.Workflows.Tests.Detection;

public sealed class BoxHoldTests
{
    private static readonly Box Left = new(0.1f, 0.1f, 0.3f, 0.5f, 0.9f);
    private static readonly Box Right = new(0.6f, 0.1f, 0.8f, 0.5f, 0.8f);

    private readonly BoxHold _hold = new(capacity: 4, Seconds(0.5));

    [Fact]
    public void A_box_stays_until_its_time_is_over()
    {
        Assert.Single(Update(0, Left));
        Assert.Single(Update(0.1));
        Assert.Single(Update(0.499));
        Assert.Empty(Update(0.5));
        Assert.Empty(Update(0.1));
    }

    [Fact]
    public void A_gap_in_the_stream_counts_as_time()
    {
        Update(10, Left);
        Assert.Empty(Update(12));
    }

    [Fact]
    public void A_box_that_is_found_again_is_given_once_where_it_is_now()
    {
        Box moved = Left with { Left = 0.13f, Right = 0.33f };
        Update(0, Left);
        Assert.Equal([moved], Update(0.1, moved));
        Assert.Single(Update(0.59));
        Assert.Empty(Update(0.6));
    }

    [Fact]
    public void Of_two_the_one_that_is_lost_is_held_beside_the_one_that_is_found()
    {
        Update(0, Left, Right);
        Assert.Equal([Right, Left], Update(0.1, Right));
    }

    [Fact]
    public void A_held_box_stays_as_it_is_between_looks_and_then_grows_around_its_centre_by_its_size_a_second()
    {
        Update(2, Left);
        Assert.Equal([Left], Update(2.1));
        Box held = Assert.Single(Update(2.35));
        Assert.Equal(0.2f * 1.25f, held.Width, 1e-5f);
        Assert.Equal(0.4f * 1.25f, held.Height, 1e-5f);
        Assert.Equal(0.2f, (held.Left + held.Right) / 2, 1e-5f);
        Assert.Equal(0.3f, (held.Top + held.Bottom) / 2, 1e-5f);
    }

    [Fact]
    public void When_the_streams_time_goes_back_a_box_is_held_anew_and_no_longer()
    {
        Update(100, Left);
        Assert.Equal([Left], Update(3));
        Assert.Single(Update(3.49));
        Assert.Empty(Update(3.5));
    }

    [Fact]
    public void Without_a_duration_nothing_is_held()
    {
        var hold = new BoxHold(4, TimeSpan.Zero);
        hold.Update([Left], TimeSpan.Zero);
        Assert.Equal(1, hold.Boxes.Count);
        hold.Update([], TimeSpan.Zero);
        Assert.Equal(0, hold.Boxes.Count);
    }

    [Fact]
    public void Found_boxes_come_before_held_ones_and_there_are_never_more_than_the_capacity()
    {
        Box[] row = [.. Enumerable.Range(0, 6).Select(i => new Box(i, 0, i + 0.9f, 1, 0.7f))];
        Update(0, row[0], row[1], row[2]);
        Assert.Equal([row[3], row[4], row[0], row[1]], Update(0, row[3], row[4]));
        Assert.Equal(row[..4], Update(0.1, row));
    }

    private Box[] Update(double seconds, params Box[] found)
    {
        _hold.Update(found, Seconds(seconds));
        return _hold.Boxes.Items.ToArray();
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
