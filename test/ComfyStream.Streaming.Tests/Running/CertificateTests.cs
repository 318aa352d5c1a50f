using ComfyStream.Streaming.Sessions;

namespace ComfyStream.Streaming.Tests.Running;

/// <summary>The relay's DTLS certificate as it ages.</summary>
[Collection(OneRelayAtATime.Name)]
public sealed class CertificateTests
{
    [Fact]
    public async Task T36_New_sessions_get_a_new_certificate_before_the_old_one_ends_and_those_that_run_are_not_disturbed()
    {
        var clock = new SteppedClock();
        await using var test = new TestRelay(options => options with { Clock = clock });
        Camera camera = await test.PublishAsync("cam");
        Viewer early = await test.WatchAsync("cam");
        string first = await FingerprintAsync(test);
        clock.Advance(DtlsCertificate.RenewalInterval - TimeSpan.FromSeconds(1));
        Assert.Equal(first, await FingerprintAsync(test));

        clock.Advance(TimeSpan.FromSeconds(1));
        string second = await FingerprintAsync(test);
        Assert.NotEqual(first, second);
        Assert.Equal(second, await FingerprintAsync(test));

        // They check the fingerprint that their answer announced.
        Viewer late = await test.WatchAsync("cam");
        await camera.PlayUntil(Film.Invent(10, 500), () => early.PictureCount > 20 && late.PictureCount > 20, "both viewers see the film");
        Assert.Single(test.Log.Lines, line => line.StartsWith("DTLS: a new certificate", StringComparison.Ordinal));
    }

    [Fact]
    public async Task T36_A_session_that_was_answered_before_the_renewal_connects_after_it()
    {
        var clock = new SteppedClock();
        await using var test = new TestRelay(options => options with { Clock = clock });
        var route = new Route();
        route.Cut();
        test.Own(route);
        Task<Viewer> watching = test.WatchAsync("cam", route: route);
        await TestRelay.Until(() => test.Viewers.Count == 1, "the offer is answered");
        clock.Advance(DtlsCertificate.RenewalInterval);
        await FingerprintAsync(test);
        route.Mend();
        await watching;
    }

    private static async Task<string> FingerprintAsync(TestRelay test)
    {
        string offer = Offers.Make(only: null, publishes: false);
        SessionResult answered = await test.Relay.SubscribeAsync(new SubscribeRequest("cam", offer, TestWorkflow.Passthrough), TestContext.Current.CancellationToken);
        Assert.Equal(SessionOutcome.Created, answered.Outcome);
        await test.Relay.TerminateAsync(SessionKind.Subscriber, answered.Id);
        return answered.AnswerSdp.Split("\r\n").First(line => line.StartsWith("a=fingerprint:", StringComparison.Ordinal));
    }

    private sealed class SteppedClock : TimeProvider
    {
        private DateTimeOffset _now = new(2026, 11, 23, 0, 0, 0, TimeSpan.Zero);

        public void Advance(TimeSpan time) => _now += time;

        public override DateTimeOffset GetUtcNow() => _now;
    }
}
