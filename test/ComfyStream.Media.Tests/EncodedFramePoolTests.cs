namespace ComfyStream.Media.Tests;

public sealed class EncodedFramePoolTests
{
    private readonly EncodedFramePool _pool = new();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(512)]
    [InlineData(513)]
    [InlineData(4 << 20)]
    [InlineData((4 << 20) + 1)]
    public void A_frame_has_room_for_exactly_what_was_asked_for(int byteCount)
    {
        EncodedFrame frame = _pool.Rent(byteCount);

        Assert.Equal(byteCount, frame.WritableData.Length);
        Assert.Equal(byteCount, frame.Data.Length);
        frame.Release();
        Assert.Equal(0, _pool.RentedCount);
    }

    [Fact]
    public void A_released_frame_is_rented_again_for_a_like_size()
    {
        EncodedFrame frame = _pool.Rent(8000);
        frame.Release();

        Assert.Same(frame, _pool.Rent(7000));
    }

    [Fact]
    public void The_frame_of_a_key_frame_is_not_given_away_for_a_small_one()
    {
        EncodedFrame keyFrame = _pool.Rent(100_000);
        keyFrame.Release();

        Assert.NotSame(keyFrame, _pool.Rent(200));
        Assert.Same(keyFrame, _pool.Rent(100_000));
    }

    [Fact]
    public void What_is_kept_is_bounded()
    {
        EncodedFrame[] frames = [.. Enumerable.Range(0, 2000).Select(_ => _pool.Rent(100))];
        foreach (EncodedFrame frame in frames)
            frame.Release();

        HashSet<EncodedFrame> kept = [.. frames];
        int again = Enumerable.Range(0, 2000).Count(_ => kept.Contains(_pool.Rent(100)));
        Assert.InRange(again, 100, 1000);
    }

    [Fact]
    public void Frames_that_travel_between_threads_stay_whole_and_are_allocated_once()
    {
        // One thread rents, another releases, as the event loop and the decode thread do.
        using var handed = new System.Collections.Concurrent.BlockingCollection<EncodedFrame>(16);
        var seen = new HashSet<EncodedFrame>();
        var releasing = new Thread(() =>
        {
            foreach (EncodedFrame frame in handed.GetConsumingEnumerable())
            {
                Assert.Equal(-1, frame.Data.IndexOfAnyExcept((byte)frame.ByteCount));
                frame.Release();
            }
        });
        releasing.Start();
        for (int i = 0; i < 20_000; i++)
        {
            EncodedFrame frame = _pool.Rent(1 + i % 200);
            frame.WritableData.Fill((byte)frame.ByteCount);
            seen.Add(frame);
            handed.Add(frame, TestContext.Current.CancellationToken);
        }

        handed.CompleteAdding();
        releasing.Join();

        Assert.Equal(0, _pool.RentedCount);
        Assert.InRange(seen.Count, 1, 20);
    }
}
