namespace ComfyStream.Transport.Tests;

public sealed class BoundedQueueTests
{
    [Fact]
    public void Items_leave_in_the_order_in_which_they_came()
    {
        var queue = new BoundedQueue<string>(4);
        for (int round = 0; round < 3; round++)
        {
            Assert.True(queue.TryEnqueue("a"));
            Assert.True(queue.TryEnqueue("b"));
            Assert.True(queue.TryDequeue(out string? first));
            Assert.True(queue.TryDequeue(out string? second));
            Assert.Equal("ab", first + second);
        }
    }

    [Fact]
    public void A_full_queue_takes_nothing()
    {
        var queue = new BoundedQueue<string>(2);
        Assert.True(queue.TryEnqueue("a"));
        Assert.True(queue.TryEnqueue("b"));

        Assert.False(queue.TryEnqueue("c"));
        Assert.Equal(2, queue.Count);
    }

    [Fact]
    public void A_completed_queue_takes_nothing_and_gives_what_it_had()
    {
        var queue = new BoundedQueue<string>(4);
        queue.TryEnqueue("a");

        queue.Complete();

        Assert.False(queue.TryEnqueue("b"));
        Assert.Equal(1, queue.Count);
        Assert.True(queue.TryDequeue(out string? item));
        Assert.Equal("a", item);
        Assert.Equal(0, queue.Count);
        Assert.False(queue.TryDequeue(out _));
    }

    [Fact]
    public void Everything_that_got_in_before_completion_comes_out_once()
    {
        for (int round = 0; round < 50; round++)
        {
            var queue = new BoundedQueue<object>(64);
            int accepted = 0;
            Thread[] producers = [.. Enumerable.Range(0, 3).Select(_ => new Thread(() =>
            {
                var item = new object();
                for (int i = 0; i < 2000; i++)
                {
                    if (queue.TryEnqueue(item))
                        Interlocked.Increment(ref accepted);
                }
            }))];
            foreach (Thread producer in producers)
                producer.Start();

            int taken = 0;
            while (taken < 500 && producers.Any(p => p.IsAlive))
                taken += queue.TryDequeue(out _) ? 1 : 0;
            queue.Complete();
            while (queue.Count > 0)
                taken += queue.TryDequeue(out _) ? 1 : 0;
            foreach (Thread producer in producers)
                producer.Join();

            Assert.Equal(accepted, taken);
            Assert.False(queue.TryDequeue(out _));
        }
    }
}
