namespace ComfyStream.Streaming.Tests.Running;

[Collection(OneRelayAtATime.Name)]
public sealed class LossTests
{
    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public async Task Packets_lost_on_the_way_are_sent_again(bool isPublishersWay, int seed)
    {
        const int Pictures = 150;
        var route = new Route(seed);
        await using var test = new TestRelay();
        test.Own(route);
        Camera camera = await test.PublishAsync("cam", route: isPublishersWay ? route : null);
        Viewer viewer = await test.WatchAsync("cam", route: isPublishersWay ? null : route);
        Film film = Film.Invent(Pictures, byteCount: 4000);
        camera.Write(film.Units[0], isKeyFrame: true);
        await TestRelay.Until(() => viewer.PictureCount == 1, "the first picture arrived");
        route.LossToRelay = route.LossToClient = 0.05;

        // A picture is lost when its next one has arrived: then the test would wait for ever, and says so.
        for (int i = 1; i < Pictures; i++)
        {
            camera.Write(film.Units[i], isKeyFrame: false);
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        route.LossToRelay = route.LossToClient = 0;
        await TestRelay.Until(() => viewer.PictureCount >= Pictures, "every picture arrived");

        Assert.InRange(route.Lost, 10, long.MaxValue);
        Assert.Equal(film.Units, viewer.Pictures.Select(picture => picture.Data));
    }
}
