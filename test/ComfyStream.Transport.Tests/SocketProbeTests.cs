namespace ComfyStream.Transport.Tests;

public sealed class SocketProbeTests
{
    [Fact]
    public void Segmented_sends_are_found_on_this_kernel() => Assert.Equal(SocketMode.Segmented, SocketProbe.Find());

    [Fact]
    public void Where_the_kernel_does_not_cut_messages_batches_are_found() =>
        Assert.Equal(SocketMode.Batched, FindUnder(SystemCallFilter.WithoutUdpSegment));

    [Fact]
    public void Where_a_filter_forbids_sendmmsg_single_datagrams_are_found() =>
        Assert.Equal(SocketMode.Plain, FindUnder(SystemCallFilter.WithoutSendMany));

    [Fact]
    public void Where_a_filter_forbids_recvmmsg_single_datagrams_are_found() =>
        Assert.Equal(SocketMode.Plain, FindUnder(SystemCallFilter.WithoutReceiveMany));

    // A filter stays on its thread for ever, which therefore ends with it.
    private static SocketMode FindUnder(Action forbid)
    {
        SocketMode? found = null;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                forbid();
                found = SocketProbe.Find();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        Assert.Null(failure);
        return found!.Value;
    }
}
