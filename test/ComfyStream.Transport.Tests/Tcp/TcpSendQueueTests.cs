using ComfyStream.Transport.Tcp;

namespace ComfyStream.Transport.Tests.Tcp;

public sealed class TcpSendQueueTests
{
    private readonly TcpBufferPool _pool = new();

    [Fact]
    public void Row_4_4_2_what_does_not_fit_is_refused_whole_and_what_fits_comes_out_as_it_went_in()
    {
        var queue = new TcpSendQueue(_pool);
        var random = new Random(1);
        var expected = new Queue<byte>();
        int refused = 0;
        for (int round = 0; round < 5000; round++)
        {
            byte[] packet = Loopback.Pattern(random.Next(1, 1300), round);
            bool fits = expected.Count + 2 + packet.Length <= TcpSendQueue.CapacityBytes;
            Assert.Equal(fits, queue.TryAdd(packet));
            if (fits)
            {
                foreach (byte value in StreamFrameReaderTests.Frame([packet]))
                    expected.Enqueue(value);
            }

            refused += fits ? 0 : 1;
            Assert.Equal(expected.Count, queue.Count);
            if (round % 3 == 0)
                Take(random.Next(queue.Count + 1) / (round % 1000 == 999 ? 1 : 512));
        }

        Take(queue.Count);
        Assert.InRange(refused, 100, 4000);
        Assert.Equal(0, _pool.Rented);

        void Take(int byteCount)
        {
            byte[] taken = queue.Bytes[..byteCount].ToArray();
            Assert.All(taken, value => Assert.Equal(expected.Dequeue(), value));
            queue.Remove(byteCount);
        }
    }

    [Fact]
    public void Row_4_4_2_a_queue_holds_a_buffer_only_while_something_waits()
    {
        var queue = new TcpSendQueue(_pool);
        Assert.True(queue.TryAdd(new byte[100]));
        Assert.True(queue.TryAdd(new byte[100]));
        Assert.Equal(1, _pool.Rented);
        queue.Remove(150);
        Assert.Equal(1, _pool.Rented);
        queue.Remove(54);
        Assert.Equal(0, _pool.Rented);
        Assert.Equal(0, queue.Count);
    }
}
