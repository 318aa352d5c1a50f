using System.Net;
using System.Net.Sockets;

namespace ComfyStream.Transport.Tests;

/// <summary>What holds for a loop, whichever way its datagrams go.</summary>
public abstract class EventLoopTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly EventLoop _loop;

    private EventLoopTests(SocketMode mode) => _loop = new EventLoop(new IPEndPoint(IPAddress.Loopback, 0), "net-test", mode);

    public void Dispose() => _loop.Dispose();

    [Fact]
    public void Posts_run_in_their_order_on_the_thread_of_the_loop()
    {
        List<int> order = [];
        string? thread = null;
        for (int i = 0; i < 1000; i++)
        {
            int number = i;
            Assert.True(_loop.Post(_ => order.Add(number)));
        }

        Ask(loop => thread = loop.IsCurrent ? Thread.CurrentThread.Name : null);

        Assert.Equal(Enumerable.Range(0, 1000), order);
        Assert.Equal("net-test", thread);
        Assert.False(_loop.IsCurrent);
    }

    [Fact]
    public void A_post_from_the_loop_itself_runs_without_anything_else_waking_it()
    {
        using var done = new ManualResetEventSlim();

        _loop.Post(loop => loop.Post(_ => done.Set()));

        Assert.True(done.Wait(Patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Work_for_after_the_send_runs_after_the_commands_of_its_turn_and_once()
    {
        List<string> order = [];
        using var done = new ManualResetEventSlim();
        _loop.Post(loop =>
        {
            loop.AfterSend(new Deed(() => order.Add("sent")));
            loop.AfterSend(new Deed(done.Set));
            loop.Post(_ => order.Add("command"));
        });

        Assert.True(done.Wait(Patience, TestContext.Current.CancellationToken));
        Ask(_ => { });
        Assert.Equal(["command", "sent"], order);
    }

    [Fact]
    public void Work_for_after_the_send_that_fails_is_reported_and_the_rest_runs()
    {
        var faults = new List<Exception>();
        using var done = new ManualResetEventSlim();
        _loop.OnFault = faults.Add;
        _loop.Post(loop =>
        {
            loop.AfterSend(new Deed(() => throw new InvalidOperationException("broken")));
            loop.AfterSend(new Deed(done.Set));
        });

        Assert.True(done.Wait(Patience, TestContext.Current.CancellationToken));
        Assert.Equal("broken", Assert.Single(faults).Message);
    }

    [Fact]
    public void A_full_inbox_refuses_and_what_it_refused_never_runs()
    {
        using var gate = new ManualResetEventSlim();
        using var isBlocked = new ManualResetEventSlim();
        _loop.Post(_ =>
        {
            isBlocked.Set();
            gate.Wait();
        });
        Assert.True(isBlocked.Wait(Patience, TestContext.Current.CancellationToken));
        var counter = new Counter();

        int accepted = 0;
        while (_loop.Post(counter))
            accepted++;
        Assert.False(_loop.Post(counter));
        gate.Set();
        using var done = new ManualResetEventSlim();
        Assert.True(SpinWait.SpinUntil(() => _loop.Post(_ => done.Set()), Patience));
        Assert.True(done.Wait(Patience, TestContext.Current.CancellationToken));

        Assert.Equal(8192, accepted);
        Assert.Equal(accepted, counter.Runs);
    }

    [Fact]
    public void Commands_accepted_before_the_end_run_and_later_ones_are_refused()
    {
        using var gate = new ManualResetEventSlim();
        var counter = new Counter();
        _loop.Post(_ => gate.Wait());
        for (int i = 0; i < 3000; i++)
            Assert.True(_loop.Post(counter));
        var ending = new Thread(_loop.Dispose);
        ending.Start();
        gate.Set();
        ending.Join();

        Assert.Equal(3000, counter.Runs);
        Assert.False(_loop.Post(counter));
    }

    [Fact]
    public void A_command_that_throws_is_reported_and_the_loop_lives()
    {
        Exception? fault = null;
        _loop.OnFault = exception =>
        {
            fault = exception;
            throw new InvalidOperationException("and so does the listener");
        };

        _loop.Post(_ => throw new FormatException("broken"));
        Ask(_ => { });

        Assert.IsType<FormatException>(fault);
    }

    [Fact]
    public void The_loop_can_be_ended_from_itself()
    {
        _loop.Post(loop => loop.Dispose());

        Assert.True(SpinWait.SpinUntil(() => !_loop.Post(_ => { }), Patience));
    }

    [Fact]
    public void The_port_is_free_again_after_the_end()
    {
        _loop.Dispose();

        using var next = new EventLoop(_loop.LocalEndPoint, "net-next");

        Assert.Equal(_loop.LocalEndPoint, next.LocalEndPoint);
    }

    [Fact]
    public void Datagrams_of_nobody_are_dropped_and_counted_without_allocating()
    {
        using Socket stranger = Loopback.OpenPeer();
        byte[][] junk = [[], [0], [22, 254, 253], new byte[11], [128, 96, .. new byte[10]], [255], new byte[2000], new byte[9000]];
        long first = 0;
        long allocated = long.MaxValue;
        int sent = 0;

        // Tiered compilation and the runtime's own first calls allocate at the beginning: any later round must be free of it.
        for (int round = 0; round < 20 && allocated != 0; round++)
        {
            Ask(_ => first = GC.GetAllocatedBytesForCurrentThread());
            foreach (byte[] datagram in Enumerable.Repeat(junk, 10).SelectMany(j => j))
            {
                stranger.SendTo(datagram, _loop.LocalEndPoint);
                sent++;
            }

            Assert.True(SpinWait.SpinUntil(() => _loop.Counters.DatagramsReceived == sent, Patience));
            Ask(_ => allocated = GC.GetAllocatedBytesForCurrentThread() - first);
        }

        Assert.Equal(0, allocated);
        Assert.Equal(sent, _loop.Counters.DatagramsDropped);
        Assert.Equal(0, _loop.Counters.DatagramsSent);
    }

    private void Ask(Action<EventLoop> command)
    {
        using var done = new ManualResetEventSlim();
        Assert.True(_loop.Post(loop =>
        {
            command(loop);
            done.Set();
        }));
        Assert.True(done.Wait(Patience, TestContext.Current.CancellationToken));
    }

    private sealed class Deed(Action action) : ILoopWork
    {
        public void Run(EventLoop loop) => action();
    }

    private sealed class Counter : ILoopWork
    {
        public int Runs { get; private set; }

        public void Run(EventLoop loop) => Runs++;
    }

    public sealed class Segmented() : EventLoopTests(SocketMode.Segmented);

    public sealed class Batched() : EventLoopTests(SocketMode.Batched);

    public sealed class Plain() : EventLoopTests(SocketMode.Plain);
}
