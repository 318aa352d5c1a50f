using ComfyStream.Media;
using ComfyStream.Streaming.Pipeline;

namespace ComfyStream.Streaming.Tests.Pipeline;

public sealed class LatestFrameSlotTests
{
    [Fact]
    public void A_newer_picture_replaces_one_that_was_not_taken()
    {
        using var pool = new VideoFramePool();
        var slot = new LatestFrameSlot();
        VideoFrame newest = pool.Rent(16, 16);

        slot.Publish(pool.Rent(16, 16));
        slot.Publish(newest);

        Assert.Same(newest, slot.Take());
        Assert.Null(slot.Take());
        Assert.Equal(1, slot.ReplacedCount);
        Assert.Equal(1, pool.RentedCount);
        newest.Return();
    }
}
