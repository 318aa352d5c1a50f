namespace ComfyStream.Transport.Tests;

public sealed class DeadlineHeapTests
{
    [Fact]
    public void An_empty_heap_has_no_deadline() => Assert.Equal(TimeSpan.MaxValue, new DeadlineHeap<DeadlineEntry>().Next);

    [Fact]
    public void Setting_the_last_moment_takes_an_entry_out()
    {
        var heap = new DeadlineHeap<DeadlineEntry>();
        var entry = new DeadlineEntry();
        heap.Set(entry, TimeSpan.FromSeconds(1));

        heap.Set(entry, TimeSpan.MaxValue);

        Assert.Equal(0, heap.Count);
        Assert.Equal(-1, entry.HeapIndex);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_earliest_is_always_the_least_of_all_that_were_set_moved_and_removed(int seed)
    {
        var random = new Random(seed);
        var heap = new DeadlineHeap<DeadlineEntry>();
        DeadlineEntry[] entries = [.. Enumerable.Range(0, 200).Select(_ => new DeadlineEntry())];

        for (int step = 0; step < 20000; step++)
        {
            DeadlineEntry entry = entries[random.Next(entries.Length)];
            if (random.Next(4) == 0)
                heap.Remove(entry);
            else
                heap.Set(entry, TimeSpan.FromTicks(random.Next(500)));

            Assert.Equal(entries.Min(e => e.Deadline), heap.Next);
            Assert.Equal(entries.Count(e => e.HeapIndex >= 0), heap.Count);
            if (heap.Count > 0)
                Assert.Equal(heap.Next, heap.Earliest.Deadline);
        }
    }

    [Fact]
    public void Taking_the_earliest_again_and_again_gives_the_order_of_time()
    {
        var random = new Random(5);
        var heap = new DeadlineHeap<DeadlineEntry>();
        for (int i = 0; i < 1000; i++)
            heap.Set(new DeadlineEntry(), TimeSpan.FromTicks(random.Next(300)));

        List<TimeSpan> order = [];
        while (heap.Count > 0)
        {
            order.Add(heap.Next);
            heap.Remove(heap.Earliest);
        }

        Assert.Equal(1000, order.Count);
        Assert.Equal(order.Order(), order);
    }
}
