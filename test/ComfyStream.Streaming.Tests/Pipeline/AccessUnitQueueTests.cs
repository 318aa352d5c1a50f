using ComfyStream.Media;
using ComfyStream.Streaming.Pipeline;

namespace ComfyStream.Streaming.Tests.Pipeline;

public sealed class AccessUnitQueueTests
{
    private readonly EncodedFramePool _pool = new();

    [Fact]
    public void Access_units_come_out_in_order()
    {
        var queue = new AccessUnitQueue(4);
        EncodedFrame first = Rent(keyFrame: true);
        EncodedFrame second = Rent(keyFrame: false);

        Assert.True(queue.Enqueue(first));
        Assert.True(queue.Enqueue(second));

        Assert.Same(first, queue.Dequeue());
        Assert.Same(second, queue.Dequeue());
    }

    [Fact]
    public void A_full_queue_discards_everything_up_to_the_next_key_frame()
    {
        var queue = new AccessUnitQueue(2);
        queue.Enqueue(Rent(keyFrame: true));
        queue.Enqueue(Rent(keyFrame: false));

        Assert.False(queue.Enqueue(Rent(keyFrame: false)));
        queue.Dequeue()!.Release();
        queue.Dequeue()!.Release();
        Assert.False(queue.Enqueue(Rent(keyFrame: false)));
        Assert.True(queue.Enqueue(Rent(keyFrame: true)));
        Assert.True(queue.Enqueue(Rent(keyFrame: false)));

        Assert.Equal(2, queue.DiscardedCount);
        Assert.True(queue.Dequeue()!.IsKeyFrame);
    }

    [Fact]
    public void A_waiting_reader_is_released_when_the_queue_is_completed()
    {
        var queue = new AccessUnitQueue(2);
        EncodedFrame? result = Rent(keyFrame: true);
        var reader = new Thread(() => result = queue.Dequeue());
        reader.Start();

        queue.Complete();

        reader.Join();
        Assert.Null(result);
    }

    [Fact]
    public void What_was_left_is_given_back()
    {
        var queue = new AccessUnitQueue(2);
        queue.Enqueue(Rent(keyFrame: true));
        queue.Complete();
        Assert.False(queue.Enqueue(Rent(keyFrame: true)));
        queue.Drain();

        Assert.Equal(0, _pool.RentedCount);
    }

    private EncodedFrame Rent(bool keyFrame)
    {
        EncodedFrame frame = _pool.Rent(10);
        frame.IsKeyFrame = keyFrame;
        return frame;
    }
}
