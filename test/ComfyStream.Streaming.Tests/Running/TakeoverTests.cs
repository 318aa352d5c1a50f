using ComfyStream.Client;
using ComfyStream.WebRtc;

namespace ComfyStream.Streaming.Tests.Running;

[Collection(OneRelayAtATime.Name)]
public sealed class TakeoverTests
{
    private static readonly Film Dark = Film.Shoot(320, 240, luma: 60);
    private static readonly Film Small = Film.Shoot(176, 144, luma: 60);

    [Fact]
    public async Task A_second_publisher_takes_over_and_keeps_the_viewers_and_the_workflow()
    {
        TestWorkflow workflow = TestWorkflow.Paint(200);
        await using var test = new TestRelay();
        Viewer viewer = await test.WatchAsync("cam");
        Camera first = await test.PublishAsync("cam", workflow);
        await first.PlayUntil(Dark, () => viewer.PictureCount >= 10, "the viewer sees the first publisher");
        string viewerId = viewer.Id;

        Camera second = await test.PublishAsync("cam");
        await TestRelay.Until(() => first.State == PeerConnectionState.Closed, "the first publisher is told");
        Assert.Equal(CloseReason.RemoteClose, first.CloseReason);
        int before = viewer.PictureCount;
        await second.PlayUntil(Small, () => viewer.PictureCount >= before + 10, "the viewer sees the second publisher");

        Assert.Equal(second.Id, Assert.Single(test.Publishers).Id);
        Assert.Equal((viewerId, "connected"), (test.Viewers[0].Id, test.Viewers[0].ConnectionState));
        Assert.Equal("paint", test.Stream("cam").Workflow);
        Assert.Equal((2, 1), (workflow.Processors, workflow.Disposals));
        IReadOnlyList<Viewer.Shown> shown = viewer.Decode();
        Assert.Equal((320, 176), (shown[0].Width, shown[^1].Width));
        Assert.All(shown, picture => Assert.InRange(picture.Luma, 195, 205));
        Assert.All(viewer.Pictures.Zip(viewer.Pictures.Skip(1)), pair => Assert.True(pair.Second.MediaTime > pair.First.MediaTime, "The stream's time went back."));
        Assert.Contains(test.Log.Lines, line => line == "WHIP: A new publisher takes over channel cam");
    }

    [Fact]
    public async Task W18_Where_takeovers_are_refused_a_publisher_that_vanished_keeps_its_channel_until_it_is_given_up()
    {
        var options = new PeerOptions { DisconnectedAfter = TimeSpan.FromSeconds(0.5), ConsentTimeout = TimeSpan.FromSeconds(2) };
        await using var test = new TestRelay(relay => relay with { Peer = options });
        var route = new Route();
        test.Own(route);
        Camera vanished = await test.PublishAsync("cam", route: route);
        route.Cut();
        Assert.Equal(SessionOutcome.Conflict, await TryPublishAsync(test));
        await TestRelay.Until(() => test.Publishers.Count == 0, "it is given up");
        Assert.Equal(SessionOutcome.Created, await TryPublishAsync(test));
        Assert.Contains(test.Log.Lines, line => line.StartsWith("WHIP: Session ", StringComparison.Ordinal) && line.Contains("was given up", StringComparison.Ordinal));
        await test.Relay.TerminateAsync(SessionKind.Publisher, test.Publishers.Single().Id);
        await vanished.DisposeAsync();
    }

    private static async Task<SessionOutcome> TryPublishAsync(TestRelay test)
    {
        var request = new PublishRequest("cam", Offers.Make(only: null, publishes: true), Workflow: null, TestWorkflow.Passthrough) { YieldsToPublisher = true };
        return (await test.Relay.PublishAsync(request, TestContext.Current.CancellationToken)).Outcome;
    }

    [Fact]
    public async Task A_second_publisher_may_bring_another_workflow()
    {
        await using var test = new TestRelay();
        Viewer viewer = await test.WatchAsync("cam");
        Camera first = await test.PublishAsync("cam");
        await first.PlayUntil(Dark, () => viewer.PictureCount >= 5, "the viewer sees the first publisher");

        Camera second = await test.PublishAsync("cam", TestWorkflow.Paint(200));
        int before = viewer.PictureCount;
        await second.PlayUntil(Dark, () => viewer.PictureCount >= before + 5, "the viewer sees the second publisher");

        IReadOnlyList<Viewer.Shown> shown = viewer.Decode();
        Assert.InRange(shown[0].Luma, 55, 65);
        Assert.InRange(shown[^1].Luma, 195, 205);
    }

    [Fact]
    public async Task Who_joins_after_a_takeover_by_another_workflow_is_shown_nothing_of_the_time_before()
    {
        await using var test = new TestRelay();
        Camera first = await test.PublishAsync("cam");
        await first.PlayUntil(Dark, () => test.Stream("cam").ProcessedFrames > 20, "the first publisher is forwarded");
        Camera second = await test.PublishAsync("cam", TestWorkflow.Paint(200));
        Viewer viewer = await test.WatchAsync("cam");
        await second.PlayUntil(Dark, () => viewer.PictureCount >= 10, "the viewer sees the second publisher");

        Assert.All(viewer.Decode(), shown => Assert.InRange(shown.Luma, 195, 205));
        Camera third = await test.PublishAsync("cam", TestWorkflow.Passthrough);
        await third.PlayUntil(Film.Shoot(176, 144, luma: 60), () => test.Stream("cam").Width == 176, "the statistics tell the size that is forwarded, not the encoder's");
    }

    [Fact]
    public async Task An_offer_that_is_refused_leaves_the_publisher_alone()
    {
        await using var test = new TestRelay();
        Camera first = await test.PublishAsync("cam");
        var broken = new TestWorkflow("broken", frame => frame) { OnCreate = () => throw new Media.MediaException("no model") };

        await Assert.ThrowsAsync<ConnectionException>(() => test.PublishAsync("cam", broken));
        SessionResult malformed = await test.Relay.PublishAsync(new PublishRequest("cam", "v=0", null, TestWorkflow.Passthrough), TestContext.Current.CancellationToken);

        Assert.Equal(SessionOutcome.MalformedOffer, malformed.Outcome);
        Assert.Equal(PeerConnectionState.Connected, first.State);
        Assert.Equal(first.Id, Assert.Single(test.Publishers).Id);
        Assert.Equal("passthrough", test.Stream("cam").Workflow);
    }

    [Fact]
    public async Task W18_Of_several_publishers_at_once_one_is_left()
    {
        await using var test = new TestRelay();
        string offer = Offers.Make(MediaKind.Video, publishes: true);

        SessionResult[] results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
            await test.Relay.PublishAsync(new PublishRequest("cam", offer, TestWorkflow.Paint(200), TestWorkflow.Passthrough), TestContext.Current.CancellationToken))));

        Assert.All(results, result => Assert.Equal(SessionOutcome.Created, result.Outcome));
        SessionSnapshot session = Assert.Single(test.Publishers);
        Assert.True(test.Stream("cam").HasPublisher);
        Assert.True(await test.Relay.TerminateAsync(SessionKind.Publisher, session.Id));
        await test.UntilNothingIsLeft();
    }

    [Fact]
    public async Task A_workflow_that_hangs_does_not_hold_up_the_next_publisher_nor_reach_its_viewers()
    {
        using var mayGoOn = new ManualResetEventSlim();
        var hanging = new TestWorkflow("hanging", frame =>
        {
            mayGoOn.Wait(TestRelay.Patience);
            return TestWorkflow.Fill(frame, 120);
        });
        await using var test = new TestRelay();
        Viewer viewer = await test.WatchAsync("cam");
        Camera first = await test.PublishAsync("cam", hanging);
        first.Write(Dark.Units[0], isKeyFrame: true);
        await TestRelay.Until(() => hanging.Pictures == 1, "the workflow hangs");

        Camera second = await test.PublishAsync("cam", TestWorkflow.Paint(200));
        await second.PlayUntil(Dark, () => viewer.PictureCount >= 5, "the viewer sees the second publisher");
        mayGoOn.Set();
        await TestRelay.Until(() => hanging.Disposals == 1, "the hanging workflow has ended");
        int before = viewer.PictureCount;
        await TestRelay.Until(() => viewer.PictureCount >= before + 5, "the stream goes on");

        // Slates are darker than the input, and the hanging workflow's picture lies between it and the second one's.
        Assert.All(viewer.Decode(), picture => Assert.NotInRange(picture.Luma, 50, 190));
        Assert.InRange(viewer.LastShown.Luma, 195, 205);
        Assert.Equal(second.Id, Assert.Single(test.Publishers).Id);
        Assert.True(test.Stream("cam").HasPublisher);
    }

    [Fact]
    public async Task A_publisher_who_gives_up_waiting_for_its_turn_leaves_nothing()
    {
        using var mayGoOn = new ManualResetEventSlim();
        using var isCreating = new ManualResetEventSlim();
        var slow = new TestWorkflow("slow to start", frame => frame)
        {
            OnCreate = () =>
            {
                isCreating.Set();
                mayGoOn.Wait(TestRelay.Patience);
            },
        };
        await using var test = new TestRelay();
        string offer = Offers.Make(MediaKind.Video, publishes: true);
        using var cancel = new CancellationTokenSource();
        Task<SessionResult> first = Task.Run(async () => await test.Relay.PublishAsync(new PublishRequest("cam", offer, slow, TestWorkflow.Passthrough), default));
        Assert.True(isCreating.Wait(TestRelay.Patience, TestContext.Current.CancellationToken));

        ValueTask<SessionResult> second = test.Relay.PublishAsync(new PublishRequest("cam", offer, null, TestWorkflow.Passthrough), cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await second);
        mayGoOn.Set();

        Assert.True(await test.Relay.TerminateAsync(SessionKind.Publisher, (await first).Id));
        await test.UntilNothingIsLeft();
    }
}
