using System.Diagnostics;
using ComfyStream.WebRtc;

namespace ComfyStream.Streaming.Tests.Running;

[Collection(OneRelayAtATime.Name)]
public sealed class EndingTests
{
    private static readonly Film Dark = Film.Shoot(320, 240, luma: 60);

    // Long enough for a client on a busy machine, short enough to be waited for.
    private static readonly PeerOptions Impatient = new()
    {
        IceTimeout = TimeSpan.FromSeconds(5),
        DtlsTimeout = TimeSpan.FromSeconds(5),
        DisconnectedAfter = TimeSpan.FromSeconds(1),
        ConsentTimeout = TimeSpan.FromSeconds(8),
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Clients_that_vanish_in_whatever_phase_leave_nothing_behind(bool publishes)
    {
        await using var test = new TestRelay(options => options with { Peer = Impatient });
        int handshakeDatagrams = 0;
        Route[] routes =
        [
            new() { CutsBefore = _ => true },
            new() { CutsAfter = kind => kind == DatagramKind.Stun },
            new() { CutsBefore = kind => kind == DatagramKind.Dtls },
            new() { CutsAfter = kind => kind == DatagramKind.Dtls },
            new() { CutsAfter = kind => kind == DatagramKind.Dtls && ++handshakeDatagrams == 2 },
            new(),
        ];
        TestWorkflow workflow = TestWorkflow.Paint(200);
        Task[] connecting = [.. routes.Select((route, i) => Connect(test, route, $"cut-{i}", publishes, workflow))];

        // And in the middle of a stream: a publisher with its viewer.
        var publisherRoute = new Route();
        var viewerRoute = new Route();
        Camera camera = await test.PublishAsync("cam", workflow, publisherRoute);
        Viewer viewer = await test.WatchAsync("cam", route: viewerRoute);
        await camera.PlayUntil(Dark, () => viewer.PictureCount >= 5, "the stream runs");
        publisherRoute.Cut();
        viewerRoute.Cut();

        await test.UntilNothingIsLeft();
        await Task.WhenAll(connecting);
        Assert.Equal(workflow.Processors, workflow.Disposals);
        Assert.All(TestRelay.RelayThreads(), name => Assert.Matches("^((net|infer)-[0-9]+|streams)$", name));
        Assert.Contains(test.Log.Lines, line => line.Contains("no ICE check of the client arrived", StringComparison.Ordinal));
        Assert.Contains(test.Log.Lines, line => line.Contains("the DTLS handshake failed or did not finish in time", StringComparison.Ordinal));
        Assert.Contains(test.Log.Lines, line => line.Contains("was given up: nothing came from the client any more", StringComparison.Ordinal));
        foreach (Route route in routes.Append(publisherRoute).Append(viewerRoute))
            test.Own(route);
    }

    [Fact]
    public async Task Offers_whose_clients_never_come_are_given_up()
    {
        await using var test = new TestRelay(options => options with { Peer = Impatient with { IceTimeout = TimeSpan.FromMilliseconds(200) } });

        for (int i = 0; i < 20; i++)
        {
            await test.Relay.PublishAsync(new PublishRequest($"cam{i}", Offers.Make(null, publishes: true), TestWorkflow.Paint(1), TestWorkflow.Passthrough), Cancellation);
            await test.Relay.SubscribeAsync(new SubscribeRequest($"cam{i}", Offers.Make(null, publishes: false), TestWorkflow.Passthrough), Cancellation);
        }

        await test.UntilNothingIsLeft();
        await TestRelay.Until(() => TestRelay.RelayThreads().All(name => !name.StartsWith("decode-", StringComparison.Ordinal) && !name.StartsWith("encode-", StringComparison.Ordinal)), "no thread of a pipeline is left");
    }

    [Fact]
    public async Task The_end_of_the_relay_tells_everybody_and_stops_every_thread()
    {
        await using var test = new TestRelay(options => options with { EventLoops = 2 });
        Camera camera = await test.PublishAsync("cam", TestWorkflow.Paint(200));
        Camera other = await test.PublishAsync("other");
        Viewer viewer = await test.WatchAsync("cam");
        Viewer raw = await test.WatchAsync("cam/raw");
        Viewer waiting = await test.WatchAsync("nobody");
        other.Play(Dark);
        await camera.PlayUntil(Dark, () => viewer.PictureCount >= 5 && raw.PictureCount >= 5, "the streams run");

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => test.Relay.DisposeAsync().AsTask()));

        Assert.Equal((0, 0, 0), test.Relay.RentedBuffers);
        await TestRelay.Until(() => TestRelay.RelayThreads().Count == 0, "all threads have ended");
        Camera[] cameras = [camera, other];
        Viewer[] viewers = [viewer, raw, waiting];
        await TestRelay.Until(
            () => cameras.All(client => client.CloseReason == CloseReason.RemoteClose) && viewers.All(client => client.CloseReason == CloseReason.RemoteClose),
            "everybody is told");
        SessionResult late = await test.Relay.SubscribeAsync(new SubscribeRequest("cam", Offers.Make(null, publishes: false), TestWorkflow.Passthrough), Cancellation);
        SessionResult lateToo = await test.Relay.PublishAsync(new PublishRequest("cam", Offers.Make(null, publishes: true), null, TestWorkflow.Passthrough), Cancellation);
        Assert.Equal((SessionOutcome.Overloaded, SessionOutcome.Overloaded), (late.Outcome, lateToo.Outcome));
    }

    [Fact]
    public async Task A_workflow_that_hangs_does_not_keep_the_relay_from_ending()
    {
        using var mayGoOn = new ManualResetEventSlim();
        var hanging = new TestWorkflow("hanging", frame =>
        {
            mayGoOn.Wait(TestRelay.Patience);
            return frame;
        });
        await using var test = new TestRelay();
        Camera camera = await test.PublishAsync("cam", hanging);
        camera.Write(Dark.Units[0], isKeyFrame: true);
        await TestRelay.Until(() => hanging.Pictures == 1, "the workflow hangs");

        await test.Relay.DisposeAsync().AsTask().WaitAsync(TestRelay.Patience, Cancellation);

        Assert.Equal(0, hanging.Disposals);
        mayGoOn.Set();
        await TestRelay.Until(() => hanging.Disposals == 1, "the workflow is freed when it comes back");
    }

    [Fact]
    public async Task Publishers_and_viewers_that_come_while_the_relay_ends_leave_nothing()
    {
        for (int round = 0; round < 5; round++)
        {
            await using var test = new TestRelay(options => options with { EventLoops = 2 });
            string publishing = Offers.Make(null, publishes: true);
            string watching = Offers.Make(null, publishes: false);
            int answered = 0;
            Task[] clients =
            [
                .. Enumerable.Range(0, 4).Select(client => Task.Run(async () =>
                {
                    SessionResult result;
                    do
                    {
                        result = client % 2 == 0
                            ? await test.Relay.PublishAsync(new PublishRequest($"cam{client}", publishing, TestWorkflow.Paint(1), TestWorkflow.Passthrough), Cancellation)
                            : await test.Relay.SubscribeAsync(new SubscribeRequest("cam0", watching, TestWorkflow.Passthrough), Cancellation);
                        Interlocked.Increment(ref answered);
                    }
                    while (result.Outcome == SessionOutcome.Created);
                })),
            ];
            await TestRelay.Until(() => Volatile.Read(ref answered) > 20, "offers are being answered");

            await test.Relay.DisposeAsync();
            await Task.WhenAll(clients).WaitAsync(TestRelay.Patience, Cancellation);
        }
    }

    [Theory]
    [InlineData("WHEP: Connection state is: connected")]
    [InlineData("WHEP: Connection state is: closed")]
    public async Task A_fault_in_a_sessions_handler_costs_that_session_only(string line)
    {
        await using var test = new TestRelay { ExpectsFaults = true };
        Camera camera = await test.PublishAsync("cam", TestWorkflow.Paint(200));
        Viewer viewer = await test.WatchAsync("cam");
        bool hasFailed = false;
        test.Log.FailsAt = candidate => candidate == line && !hasFailed && (hasFailed = true);

        Viewer unlucky = test.Own(new Viewer(new RelaySignaling(test.Relay), "cam"));
        await unlucky.ConnectAsync(Cancellation).ContinueWith(_ => { }, TaskScheduler.Default);
        await unlucky.DisposeAsync();
        await TestRelay.Until(() => hasFailed && test.Viewers.Count == 1, "the session with the fault has gone");

        await camera.PlayUntil(Dark, () => viewer.PictureCount >= 5, "the others go on");
        Assert.Contains(test.Log.Faults, fault => fault.Contains("please report it", StringComparison.Ordinal));
    }

    private static async Task Connect(TestRelay test, Route route, string channel, bool publishes, TestWorkflow workflow)
    {
        var signaling = new RelaySignaling(test.Relay) { Route = route, Workflow = workflow };
        try
        {
            if (publishes)
            {
                Camera camera = test.Own(new Camera(signaling, channel, Impatient));
                await camera.ConnectAsync(Cancellation);
            }
            else
            {
                await test.Own(new Viewer(signaling, channel, peer: Impatient)).ConnectAsync(Cancellation);
            }

            route.Cut();
        }
        catch (Client.ConnectionException)
        {
            // Its way was cut.
        }
    }
}
