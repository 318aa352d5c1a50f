using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Tests.Peers.Foreign;

namespace ComfyStream.Streaming.Tests.Running.Foreign;

/// <summary>Publishers that behave as FFmpeg's WHIP muxer and OBS Studio do, over real sockets, from their offer to their end.</summary>
[Collection(OneRelayAtATime.Name)]
public sealed class PublisherShapeTests
{
    private static readonly Film Dark = Film.Shoot(320, 240, luma: 60);

    private static readonly PeerOptions Impatient = new() { DisconnectedAfter = TimeSpan.FromSeconds(1), ConsentTimeout = TimeSpan.FromSeconds(2) };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task FFmpeg_8_0_lives_by_its_media_and_is_given_up_without(bool sound)
    {
        await using var test = new TestRelay(options => options with { Peer = Impatient });
        WireClient publisher = test.Own(new WireClient(test.Relay, new FFmpegPublisher(sound: sound), "cam"));
        await publisher.ConnectAsync();
        int checks = publisher.Read(peer => peer.ChecksSent);
        Task<Viewer> watching = test.WatchAsync("cam");
        await publisher.PlayUntil(Dark.Units, sound, () => watching.IsCompleted, "the viewer is there");
        Viewer viewer = await watching;

        TimeSpan end = EventLoop.Now + 3 * Impatient.ConsentTimeout;
        await publisher.PlayUntil(Dark.Units, sound, () => EventLoop.Now > end && viewer.PictureCount >= 30, "the stream runs for some times the patience with the silent");

        Assert.Equal(checks, publisher.Read(peer => peer.ChecksSent));
        Assert.Equal("connected", test.Publishers.Single().ConnectionState);
        Assert.Equal(sound, viewer.Sounds.Count > 0);
        Assert.All(viewer.Decode(), picture => Assert.InRange(picture.Luma, 55, 65));

        await TestRelay.Until(() => test.Publishers.Count == 0, "the silent publisher is given up");
        await TestRelay.Until(() => test.Log.Lines.Any(line => line.Contains("was given up: nothing came from the client any more", StringComparison.Ordinal)), "the log says why");
        Assert.False(await publisher.DeleteAsync());
    }

    [Fact]
    public async Task FFmpeg_8_1_sends_lost_packets_again_and_ends_by_DELETE()
    {
        const int Pictures = 150;
        var route = new Route(seed: 3);
        await using var test = new TestRelay();
        test.Own(route);
        WireClient publisher = test.Own(new WireClient(test.Relay, new FFmpegPublisher(isNew: true), "cam", route));
        await publisher.ConnectAsync();
        Viewer viewer = await test.WatchAsync("cam");
        Film film = Film.Invent(Pictures, byteCount: 4000);

        await SendOver(film, publisher, viewer, route);

        Assert.InRange(route.Lost, 10, long.MaxValue);
        Assert.Equal(film.Units, viewer.Pictures.Select(picture => picture.Data));
        Assert.Equal(0, publisher.Read(peer => ((FFmpegPublisher)peer).NacksRefused));
        Assert.True(await publisher.DeleteAsync());
        await TestRelay.Until(() => publisher.IsClosed, "the publisher is told");
        Assert.False(await publisher.DeleteAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OBS_is_seen_in_High_profile_and_may_delete_after_it_closed_its_connection(bool isOld)
    {
        await using var test = new TestRelay();
        WireClient publisher = test.Own(new WireClient(test.Relay, new ObsPublisher(isOld), "cam"));
        await publisher.ConnectAsync();
        Viewer viewer = await test.WatchAsync("cam");

        await publisher.PlayUntil(HighProfileFilm.Units, sound: true, () => viewer.PictureCount >= 40 && viewer.Sounds.Count >= 40, "the stream runs");

        Assert.All(viewer.Decode(), picture => Assert.Equal((320, 240, HighProfileFilm.Luma), (picture.Width, picture.Height, picture.Luma)));
        publisher.Do((peer, _) => peer.SendCloseNotify());
        await TestRelay.Until(() => test.Publishers.Count == 0, "the session has ended");
        Assert.True(await publisher.DeleteAsync());
        Assert.False(await publisher.DeleteAsync());
    }

    [Fact]
    public async Task OBS_sends_lost_packets_again_and_is_only_told_compounds()
    {
        const int Pictures = 150;
        var route = new Route(seed: 4);
        await using var test = new TestRelay();
        test.Own(route);
        WireClient publisher = test.Own(new WireClient(test.Relay, new ObsPublisher(), "cam", route));
        await publisher.ConnectAsync();
        Viewer viewer = await test.WatchAsync("cam");
        Film film = Film.Invent(Pictures, byteCount: 4000);

        await SendOver(film, publisher, viewer, route);

        Assert.InRange(route.Lost, 10, long.MaxValue);
        Assert.Equal(film.Units, viewer.Pictures.Select(picture => picture.Data));
        Assert.All(publisher.Read(peer => peer.Reports.ToArray()), report => Assert.Equal(201, report.Types[0]));
    }

    private static async Task SendOver(Film film, WireClient publisher, Viewer viewer, Route route)
    {
        publisher.SendPicture(film.Units[0]);
        await TestRelay.Until(() => viewer.PictureCount == 1, "the first picture arrived");
        route.LossToRelay = 0.05;
        for (int i = 1; i < film.Units.Count; i++)
        {
            publisher.SendPicture(film.Units[i]);
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        route.LossToRelay = 0;
        await TestRelay.Until(() => viewer.PictureCount >= film.Units.Count, "every picture arrived");
    }
}
