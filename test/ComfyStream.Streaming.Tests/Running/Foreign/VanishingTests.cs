using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Tests.Peers.Foreign;

namespace ComfyStream.Streaming.Tests.Running.Foreign;

/// <summary>
/// Clients that die without a word at each step of their lives, publishers of either DTLS role and viewers, with their port closed or
/// only silent: afterwards the relay and the process hold what they held before, and everybody else goes on.
/// </summary>
[Collection(OneRelayAtATime.Name)]
public sealed class VanishingTests
{
    private static readonly Film Dark = Film.Shoot(320, 240, luma: 60);

    private static readonly PeerOptions Impatient = new()
    {
        IceTimeout = TimeSpan.FromSeconds(2),
        DtlsTimeout = TimeSpan.FromSeconds(2),
        DisconnectedAfter = TimeSpan.FromSeconds(1),
        ConsentTimeout = TimeSpan.FromSeconds(2),
    };

    public enum Moment
    {
        AfterTheOffer,
        AfterTheFirstCheck,

        /// <summary>The ClientHello is out: that of the client, or ours, of which the client does not care any more.</summary>
        AfterTheClientHello,

        /// <summary>The server's flight is out: ours, of which the client does not care any more, or the beginning of its own.</summary>
        AfterTheServerFlight,
        Connected,
        InTheMiddleOfMedia,
        AfterCloseNotify,

        /// <summary>While another publisher takes the channel over, which dies too, in its handshake.</summary>
        AtATakeover,
    }

    public static TheoryData<Moment> Moments => [.. Enum.GetValues<Moment>()];

    [Theory]
    [MemberData(nameof(Moments))]
    public async Task Whenever_a_client_dies_nothing_of_it_is_left(Moment moment)
    {
        await WarmUpAsync();
        Holdings start = Holdings.Now;
        await using (var test = new TestRelay(options => options with { Peer = Impatient }))
        {
            TestWorkflow workflow = TestWorkflow.Paint(200);
            Camera camera = await test.PublishAsync("healthy", workflow);
            Task<Viewer> watching = test.WatchAsync("healthy");
            await camera.PlayUntil(Dark, () => watching.IsCompleted, "a healthy viewer is there");
            Viewer viewer = await watching;
            Holdings held = Holdings.Now;
            Assert.True(
                held.Sockets > start.Sockets && held.Events > start.Events && held.DtlsSessions > start.DtlsSessions && held.Threads > start.Threads,
                $"What is held is not seen: {start} at the start, {held} with a relay.");

            Task<WireClient[]>[] lives =
            [
                .. from closesPort in (bool[])[false, true]
                   from shape in Enum.GetValues<Shape>()
                   select LiveAndDie(test, shape, moment, closesPort, workflow),
            ];
            WireClient[] dead = [.. (await Task.WhenAll(lives)).SelectMany(clients => clients)];

            await TestRelay.Until(() => (test.Publishers.Count, test.Viewers.Count) == (1, 1), $"all sessions but the healthy ones have ended ({test.Publishers.Count}, {test.Viewers.Count} left)");
            await TestRelay.Until(() => test.Relay.Streams().Count == 1, "all channels but the healthy one have gone");
            foreach (WireClient client in dead)
                await client.DisposeAsync();
            await TestRelay.Until(() => Holdings.Now.DtlsSessions <= held.DtlsSessions, "the DTLS sessions are freed");
            await TestRelay.Until(() => workflow.Disposals == workflow.Processors - 1, "the workflows are freed");
            int seen = viewer.PictureCount;
            await TestRelay.Until(() => viewer.PictureCount >= seen + 5, "the healthy go on");
        }

        await TestRelay.Until(() => Holdings.Now.IsWithin(start), $"nothing is left: {start} at the start, {Holdings.Now} now");
    }

    private static async Task WarmUpAsync()
    {
        // What the runtime opens once for good must not count as left.
        await using var test = new TestRelay();
        Camera camera = await test.PublishAsync("cam");
        Viewer viewer = await test.WatchAsync("cam");
        await camera.PlayUntil(Dark, () => viewer.PictureCount > 0, "the stream runs");
    }

    /// <summary>The life of one client, or of two when the second takes over; all are dead at the end.</summary>
    private static async Task<WireClient[]> LiveAndDie(TestRelay test, Shape shape, Moment moment, bool closesPort, TestWorkflow workflow)
    {
        string channel = shape == Shape.Viewer ? "healthy" : $"{shape}-{(closesPort ? "closed" : "silent")}";
        var client = new WireClient(test.Relay, Make(shape), channel) { DiesOf = Death(shape, moment) };
        await client.PostAsync(workflow);
        if (moment == Moment.AfterTheOffer)
            return Kill(client);

        client.Start();
        if (moment < Moment.Connected)
        {
            await TestRelay.Until(() => client.IsDead, $"{shape} came so far");
            return Kill(client);
        }

        await TestRelay.Until(() => client.IsConnected, $"{shape} is connected");
        if (moment == Moment.Connected)
            return Kill(client);

        if (shape == Shape.Viewer)
            await TestRelay.Until(() => client.Read(peer => peer.PacketsReceived) >= 10, "the viewer sees something");
        else
            await client.PlayUntil(Dark.Units, sound: true, () => test.Publishers.Single(session => session.Id == client.Id).FramesReceived >= 10, "the media runs");
        if (moment == Moment.AfterCloseNotify)
            client.Do((peer, _) => peer.SendCloseNotify());
        if (moment != Moment.AtATakeover || shape == Shape.Viewer)
            return Kill(client);

        Kill(client);
        var next = new WireClient(test.Relay, Make(shape), channel) { DiesOf = Death(shape, Moment.AfterTheClientHello) };
        await next.PostAsync(workflow);
        next.Start();
        await TestRelay.Until(() => next.IsDead, "the next publisher came so far");
        return [client, .. Kill(next)];

        WireClient[] Kill(WireClient victim)
        {
            victim.Die(closesPort);
            return [victim];
        }
    }

    private static ForeignPeer Make(Shape shape) => shape switch
    {
        Shape.FFmpeg => new FFmpegPublisher(),
        Shape.Obs => new ObsPublisher(),
        _ => new PlainViewer(),
    };

    private static Func<DatagramKind, bool, bool> Death(Shape shape, Moment moment)
    {
        bool isDtlsServer = shape == Shape.FFmpeg;
        return moment switch
        {
            Moment.AfterTheFirstCheck => (kind, isSent) => kind == DatagramKind.Stun && isSent,
            Moment.AfterTheClientHello => (kind, isSent) => kind == DatagramKind.Dtls && isSent != isDtlsServer,
            Moment.AfterTheServerFlight => (kind, isSent) => kind == DatagramKind.Dtls && isSent == isDtlsServer,
            _ => (_, _) => false,
        };
    }

    private enum Shape
    {
        FFmpeg,
        Obs,
        Viewer,
    }
}
