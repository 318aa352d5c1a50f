using System.Net;
using ComfyStream.Client;
using ComfyStream.Transport;

namespace ComfyStream.Streaming.Tests.Running;

[Collection(OneRelayAtATime.Name)]
public sealed class SharedLoopTests
{
    [Fact]
    public async Task Many_viewers_share_one_loop_by_sending_from_an_address_each()
    {
        await using var test = new TestRelay();
        Camera camera = await test.PublishAsync("cam");
        using var loop = new EventLoop(new IPEndPoint(IPAddress.Any, 0), "viewers");
        using var http = new HttpClient(new RelaySignaling(test.Relay));
        int[] pictures = new int[20];
        List<WhepSubscriber> viewers = [];
        for (int i = 0; i < pictures.Length; i++)
        {
            int number = i;
            var viewer = new WhepSubscriber(
                new ClientOptions
                {
                    Endpoint = new Uri("http://relay.test/whep?streamId=cam"),
                    HttpClient = http,
                    EventLoop = loop,
                    LocalAddress = new IPAddress([127, 0, 1, (byte)(i + 1)]),
                },
                _ => Interlocked.Increment(ref pictures[number]));
            viewers.Add(viewer);
            await viewer.ConnectAsync(TestContext.Current.CancellationToken);
        }

        await camera.PlayUntil(Film.Invent(count: 15, byteCount: 3000), () => Array.TrueForAll(pictures, count => Volatile.Read(in count) > 20), "every viewer has pictures");

        foreach (WhepSubscriber viewer in viewers)
            await viewer.DisposeAsync();
        Assert.Equal(0, loop.Counters.Peers);
    }

    [Fact]
    public async Task Viewers_of_a_stream_who_come_all_at_once_are_spread_over_the_loops_evenly()
    {
        await using var test = new TestRelay(options => options with { EventLoops = 3 });
        await test.PublishAsync("cam");

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => test.WatchAsync("cam")));

        Assert.Equal(21, test.Relay.Loops.Sum(loop => loop.Counters.Peers));
        Assert.All(test.Relay.Loops, loop => Assert.InRange(loop.Counters.Peers, 5, 9));
    }
}
