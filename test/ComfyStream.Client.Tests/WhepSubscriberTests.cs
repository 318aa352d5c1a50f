using System.Collections.Concurrent;
using System.Net;
using ComfyStream.Media;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Packetization;

namespace ComfyStream.Client.Tests;

public sealed class WhepSubscriberTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly WebRtcTestServer _server = new();
    private readonly EncodedFramePool _pool = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task Frames_arrive_as_they_were_sent_and_go_back_to_the_pool()
    {
        ConcurrentQueue<EncodedFrame> received = [];
        await using WhepSubscriber subscriber = Make(frame =>
        {
            frame.AddReference();
            received.Enqueue(frame);
        });
        await subscriber.ConnectAsync(Cancellation);
        await _server.Connected;
        byte[] picture = TestFrames.MakeAccessUnit(30_000, isKeyFrame: true);
        byte[] sound = [0xF8, 9, 8, 7];

        Send(MediaKind.Video, picture, TimeSpan.FromSeconds(5));
        Send(MediaKind.Audio, sound, TimeSpan.FromSeconds(5));
        Send(MediaKind.Video, TestFrames.MakeAccessUnit(3_000, isKeyFrame: false), TimeSpan.FromSeconds(5.5));
        Assert.True(SpinWait.SpinUntil(() => received.Count == 3, Patience));

        EncodedFrame[] pictures = [.. received.Where(frame => frame.Codec == MediaCodec.H264)];
        EncodedFrame opus = Assert.Single(received, frame => frame.Codec == MediaCodec.Opus);
        Assert.Equal(picture, pictures[0].Data.ToArray());
        Assert.Equal((true, false), (pictures[0].IsKeyFrame, pictures[1].IsKeyFrame));
        Assert.Equal(TimeSpan.FromSeconds(0.5), pictures[1].MediaTime - pictures[0].MediaTime);
        Assert.Equal(sound, opus.Data.ToArray());
        Assert.Equal(3, subscriber.FramesReceived);
        foreach (EncodedFrame frame in received)
            frame.Release();
        Assert.True(SpinWait.SpinUntil(() => _pool.RentedCount == 0, Patience));
    }

    [Fact]
    public async Task A_key_frame_can_be_asked_for()
    {
        int pictures = 0;
        await using WhepSubscriber subscriber = Make(_ => Interlocked.Increment(ref pictures));
        await subscriber.ConnectAsync(Cancellation);
        await _server.Connected;
        Send(MediaKind.Video, TestFrames.MakeAccessUnit(3_000, isKeyFrame: true), TimeSpan.FromSeconds(1));
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref pictures) == 1, Patience));

        subscriber.RequestKeyFrame();

        Assert.True(SpinWait.SpinUntil(() => _server.KeyFrameRequests == 1, Patience));
    }

    [Fact]
    public async Task A_given_loop_and_its_other_users_live_on()
    {
        using var loop = new EventLoop(new IPEndPoint(IPAddress.Loopback, 0), "net-shared");
        WhepSubscriber subscriber = Make(_ => { }, loop);
        await subscriber.ConnectAsync(Cancellation);

        await subscriber.DisposeAsync();

        await _server.Closed;
        Assert.Equal(0, loop.Counters.Peers);
        Assert.True(loop.Post(_ => { }));
    }

    private void Send(MediaKind kind, byte[] data, TimeSpan mediaTime)
    {
        var frame = new PacketizedFrame(_ => { });
        frame.Begin(kind, mediaTime, isKeyFrame: true, EventLoop.Now);
        _ = kind == MediaKind.Video ? H264Packetizer.Packetize(data, frame) : OpusPacketizer.Packetize(data, frame);
        _server.Send(frame);
    }

    private WhepSubscriber Make(Action<EncodedFrame> onFrame, EventLoop? loop = null) => new(
        new ClientOptions { Endpoint = new Uri(_server.BaseUrl, "whep?streamId=test"), EventLoop = loop, LocalEndPoint = new IPEndPoint(IPAddress.Loopback, 0) },
        onFrame,
        _pool);
}
