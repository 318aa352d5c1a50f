using ComfyStream.Client;
using ComfyStream.WebRtc;

namespace ComfyStream.Streaming.Tests.Running;

[Collection(OneRelayAtATime.Name)]
public sealed class SessionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(SessionKind.Publisher)]
    [InlineData(SessionKind.Subscriber)]
    public async Task A_session_is_ended_once(SessionKind kind)
    {
        SessionKind other = kind == SessionKind.Publisher ? SessionKind.Subscriber : SessionKind.Publisher;
        await using var test = new TestRelay();
        IAsyncDisposable client = kind == SessionKind.Publisher ? await test.PublishAsync("cam") : await test.WatchAsync("cam");
        string id = test.Relay.Sessions(kind)[0].Id;
        Assert.Matches("^[A-Za-z0-9_-]{43}$", id);

        Assert.True(test.Relay.Contains(kind, id));
        Assert.False(test.Relay.Contains(other, id));
        Assert.False(await test.Relay.TerminateAsync(other, id));
        Assert.True(await test.Relay.TerminateAsync(kind, id));

        Assert.False(test.Relay.Contains(kind, id));
        Assert.False(await test.Relay.TerminateAsync(kind, id));
        await TestRelay.Until(
            () => (client is Camera camera ? camera.CloseReason : ((Viewer)client).CloseReason) == CloseReason.RemoteClose, "the client is told");
        await test.UntilNothingIsLeft();
    }

    [Theory]
    [InlineData(SessionKind.Publisher)]
    [InlineData(SessionKind.Subscriber)]
    public async Task A_client_that_closed_its_connection_first_may_end_its_session_once(SessionKind kind)
    {
        await using var test = new TestRelay();
        var route = new Route();
        test.Own(route);
        await (kind == SessionKind.Publisher ? (Task)test.PublishAsync("cam", route: route) : test.WatchAsync("cam", route: route));
        string id = test.Relay.Sessions(kind)[0].Id;

        // The route keeps the DELETE from the relay, and the goodbye passes.
        route.HidesDelete = true;
        await test.LeaveAsync();
        await TestRelay.Until(() => !test.Relay.Contains(kind, id), "the relay has understood the goodbye");

        Assert.False(await test.Relay.TerminateAsync(kind == SessionKind.Publisher ? SessionKind.Subscriber : SessionKind.Publisher, id));
        Assert.True(await test.Relay.TerminateAsync(kind, id));
        Assert.False(await test.Relay.TerminateAsync(kind, id));
    }

    [Fact]
    public async Task A_session_that_never_was_is_not_ended()
    {
        await using var test = new TestRelay();

        Assert.False(await test.Relay.TerminateAsync(SessionKind.Publisher, ""));
        Assert.False(await test.Relay.TerminateAsync(SessionKind.Subscriber, new string('A', 43)));
    }

    [Fact]
    public async Task Statistics_use_the_words_of_RTCPeerConnection()
    {
        await using var test = new TestRelay(options => options with { Peer = new PeerOptions { DisconnectedAfter = TimeSpan.FromSeconds(3) } });
        var route = new Route { CutsAfter = kind => kind == DatagramKind.Stun };
        test.Own(route);
        await Assert.ThrowsAnyAsync<Exception>(() => test.Own(new Viewer(
            new RelaySignaling(test.Relay) { Route = route }, "cam", peer: new PeerOptions { IceTimeout = TimeSpan.FromSeconds(2), DtlsTimeout = TimeSpan.FromSeconds(1) }))
            .ConnectAsync(Cancellation));
        SessionResult waiting = await test.Relay.SubscribeAsync(
            new SubscribeRequest("cam", Offers.Make(MediaKind.Audio, publishes: false), TestWorkflow.Passthrough), Cancellation);
        var laterCut = new Route();
        test.Own(laterCut);
        Viewer viewer = await test.WatchAsync("cam/raw", route: laterCut);

        SessionSnapshot New() => test.Viewers.Single(session => session.Id == waiting.Id);
        SessionSnapshot Full() => test.Viewers.Single(session => session.Id == viewer.Id);
        Assert.Equal(("new", "cam", false, true), (New().ConnectionState, New().StreamId, New().HasVideo, New().HasAudio));
        Assert.Equal(("connected", "cam/raw", true, true), (Full().ConnectionState, Full().StreamId, Full().HasVideo, Full().HasAudio));
        Assert.Contains("connecting", test.Viewers.Select(session => session.ConnectionState));
        Assert.Equal(test.Viewers.OrderBy(session => session.CreatedAt), test.Viewers);
        Assert.InRange(Full().CreatedAt, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow);

        laterCut.Cut();
        await TestRelay.Until(() => Full().ConnectionState == "disconnected", "the cut is noticed");
        foreach (SessionSnapshot session in test.Viewers)
            Assert.True(await test.Relay.TerminateAsync(SessionKind.Subscriber, session.Id));
        Assert.Equal(["connecting", "connected", "disconnected", "closed"], test.StatesOf("WHEP"));
    }

    [Fact]
    public async Task The_log_says_what_users_look_for()
    {
        await using var test = new TestRelay();
        Camera camera = await test.PublishAsync("cam");
        Viewer viewer = await test.WatchAsync("cam");
        string publisherId = camera.Id;
        string viewerId = viewer.Id;
        await test.LeaveAsync();
        await test.UntilNothingIsLeft();

        foreach (string line in (string[])
            [
                $"WHIP: Created session {publisherId} for channel cam", "WHIP: Track received: video", "WHIP: Track received: audio",
                "WHIP: Connection state is: connected", $"WHIP: Terminated session {publisherId}",
                $"WHEP: Created subscription session {viewerId} for stream cam", $"WHEP: Added subscriber {viewerId}, total: 1",
                "WHEP: Connection state is: connected", $"WHEP: Removed subscriber {viewerId}, total: 0",
                $"WHEP: Terminated subscription session {viewerId}", $"WHEP: Cleaned up resource {viewerId}",
            ])
        {
            Assert.Single(test.Log.Lines, candidate => candidate == line);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("../etc")]
    [InlineData("cam\r\nX: y")]
    [InlineData("käse")]
    [InlineData("cam/raw/raw")]
    public async Task A_name_that_breaks_the_rules_is_refused_with_the_rule(string name)
    {
        await using var test = new TestRelay();

        SessionResult published = await test.Relay.PublishAsync(new PublishRequest(name, Offers.Make(null, publishes: true), null, TestWorkflow.Passthrough), Cancellation);
        SessionResult watched = await test.Relay.SubscribeAsync(new SubscribeRequest(name, Offers.Make(null, publishes: false), TestWorkflow.Passthrough), Cancellation);

        Assert.Equal((SessionOutcome.InvalidName, SessionOutcome.InvalidName), (published.Outcome, watched.Outcome));
        Assert.Contains("1 to 64 of the characters A-Z a-z 0-9 _ -", published.Detail, StringComparison.Ordinal);
        Assert.Contains("1 to 64 of the characters A-Z a-z 0-9 _ -", watched.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", published.Detail + watched.Detail, StringComparison.Ordinal);
        Assert.Empty(test.Relay.Streams());
    }

    [Fact]
    public async Task What_cannot_be_watched_is_not_found_and_the_text_says_what_can()
    {
        await using var test = new TestRelay(options => options with { AllowRaw = false });
        string offer = Offers.Make(null, publishes: false);

        SessionResult depth = await test.Relay.SubscribeAsync(new SubscribeRequest("cam/depth", offer, TestWorkflow.Passthrough), Cancellation);
        SessionResult raw = await test.Relay.SubscribeAsync(new SubscribeRequest("cam/raw", offer, TestWorkflow.Passthrough), Cancellation);

        Assert.Equal((SessionOutcome.NotFound, SessionOutcome.NotFound), (depth.Outcome, raw.Outcome));
        Assert.Contains("ask for 'cam'", depth.Detail, StringComparison.Ordinal);
        Assert.Contains("--allow-raw", raw.Detail, StringComparison.Ordinal);
        Assert.Empty(test.Relay.Streams());
    }

    [Fact]
    public async Task Offers_that_cannot_be_answered_leave_nothing()
    {
        await using var test = new TestRelay();
        string publishing = Offers.Make(null, publishes: true);
        string watching = Offers.Make(null, publishes: false);

        foreach ((string offer, SessionOutcome outcome) in ((string, SessionOutcome)[])
            [("hello", SessionOutcome.MalformedOffer), (watching, SessionOutcome.Unsupported), (publishing.Replace("a=fingerprint", "a=nothing", StringComparison.Ordinal), SessionOutcome.Unsupported)])
        {
            SessionResult result = await test.Relay.PublishAsync(new PublishRequest("cam", offer, TestWorkflow.Paint(1), TestWorkflow.Passthrough), Cancellation);
            Assert.Equal((outcome, "", ""), (result.Outcome, result.Id, result.AnswerSdp));
            Assert.NotEqual("", result.Detail);
        }

        SessionResult wrongWay = await test.Relay.SubscribeAsync(new SubscribeRequest("cam", publishing, TestWorkflow.Passthrough), Cancellation);
        Assert.Equal(SessionOutcome.Unsupported, wrongWay.Outcome);
        Assert.Empty(test.Relay.Streams());
        Assert.Empty(test.Publishers);
    }

    [Fact]
    public async Task Beyond_the_limits_offers_are_refused_until_somebody_leaves()
    {
        await using var test = new TestRelay(options => options with { MostSessions = 3, MostStreams = 2 });
        ValueTask<SessionResult> Watch(string stream) =>
            test.Relay.SubscribeAsync(new SubscribeRequest(stream, Offers.Make(null, publishes: false), TestWorkflow.Passthrough), Cancellation);
        SessionResult first = await Watch("a");
        Assert.Equal(SessionOutcome.Created, (await Watch("b")).Outcome);

        SessionResult thirdChannel = await Watch("c");
        Assert.Equal(SessionOutcome.Created, (await Watch("b")).Outcome);
        SessionResult fourthSession = await Watch("b");

        Assert.Equal((SessionOutcome.Overloaded, "Too many channels: 2 are in use."), (thirdChannel.Outcome, thirdChannel.Detail));
        Assert.Equal((SessionOutcome.Overloaded, "Too many sessions: 3 are open."), (fourthSession.Outcome, fourthSession.Detail));
        Assert.True(await test.Relay.TerminateAsync(SessionKind.Subscriber, first.Id));
        Assert.Equal(SessionOutcome.Created, (await Watch("c")).Outcome);
        foreach (SessionSnapshot session in test.Viewers)
            Assert.True(await test.Relay.TerminateAsync(SessionKind.Subscriber, session.Id));
    }

    [Fact]
    public async Task An_event_loop_without_room_refuses_the_session_and_keeps_nothing_of_it()
    {
        await using var test = new TestRelay();
        using var mayGoOn = new ManualResetEventSlim();
        using var isBlocked = new ManualResetEventSlim();
        Assert.True(test.Relay.Loops[0].Post(_ =>
        {
            isBlocked.Set();
            mayGoOn.Wait(TestRelay.Patience);
        }));
        Assert.True(isBlocked.Wait(TestRelay.Patience, Cancellation));
        while (test.Relay.Loops[0].Post(_ => { }))
        {
        }

        SessionResult watched = await test.Relay.SubscribeAsync(new SubscribeRequest("cam", Offers.Make(null, publishes: false), TestWorkflow.Passthrough), Cancellation);
        TestWorkflow workflow = TestWorkflow.Paint(200);
        SessionResult published = await test.Relay.PublishAsync(new PublishRequest("cam", Offers.Make(null, publishes: true), workflow, TestWorkflow.Passthrough), Cancellation);

        Assert.Equal((SessionOutcome.Overloaded, SessionOutcome.Overloaded), (watched.Outcome, published.Outcome));
        Assert.Contains("try again", watched.Detail, StringComparison.Ordinal);
        await test.UntilNothingIsLeft();
        Assert.Equal((1, 1), (workflow.Processors, workflow.Disposals));
        mayGoOn.Set();
        await TestRelay.Until(() => test.Relay.Loops[0].Post(_ => { }), "the loop goes on");
        Viewer viewer = await test.WatchAsync("cam");
        Assert.Equal(PeerConnectionState.Connected, viewer.State);
    }
}
