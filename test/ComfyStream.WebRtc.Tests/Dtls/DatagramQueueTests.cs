using ComfyStream.WebRtc.Dtls;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Dtls;

public sealed class DatagramQueueTests
{
    [Fact]
    public void Datagrams_come_out_in_order_and_what_finds_no_room_is_counted()
    {
        var queue = new DatagramQueue();
        var destination = new byte[DtlsTransport.MaxDatagramBytes];
        for (var round = 0; round < 3; round++)
        {
            var accepted = 0;
            while (queue.TryEnqueue(Enumerable.Repeat((byte)accepted, 1000).ToArray()))
                accepted++;
            Assert.Equal(round + 1, queue.DroppedDatagrams);
            Assert.True(accepted >= 3);
            for (var i = 0; i < accepted; i++)
            {
                Assert.True(queue.TryDequeue(destination, out var byteCount));
                Assert.Equal(1000, byteCount);
                Assert.True(destination.AsSpan(0, byteCount).IndexOfAnyExcept((byte)i) < 0);
            }
            Assert.False(queue.TryDequeue(destination, out _));
        }
    }

    [Fact]
    public void A_datagram_above_the_limit_is_refused()
    {
        var queue = new DatagramQueue();
        Assert.False(queue.TryEnqueue(new byte[DtlsTransport.MaxDatagramBytes + 1]));
        Assert.True(queue.TryEnqueue(new byte[DtlsTransport.MaxDatagramBytes]));
    }
}
