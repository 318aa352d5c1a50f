using System.Net;
using ComfyStream.Media;
using ComfyStream.WebRtc;

namespace ComfyStream.Client.Tests;

public sealed class WhipPublisherTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly WebRtcTestServer _server = new();
    private readonly EncodedFramePool _pool = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Theory]
    [InlineData("::")]
    [InlineData("127.0.0.1")]
    public async Task Pictures_and_sound_arrive_as_they_were_written(string bound)
    {
        await using WhipPublisher publisher = Make(new IPEndPoint(IPAddress.Parse(bound), 0));
        await publisher.ConnectAsync(Cancellation);
        await _server.Connected;
        byte[] picture = TestFrames.MakeAccessUnit(50_000, isKeyFrame: true);
        byte[] sound = [0xF8, 1, 2, 3];

        Assert.True(Write(publisher, MediaCodec.H264, picture));
        Assert.True(Write(publisher, MediaCodec.Opus, sound));
        Assert.True(SpinWait.SpinUntil(() => _server.Frames.Count == 2, Patience));

        var byKind = _server.Frames.ToDictionary(frame => frame.Kind);
        Assert.Equal(picture, byKind[MediaKind.Video].Data);
        Assert.True(byKind[MediaKind.Video].IsKeyFrame);
        Assert.Equal(sound, byKind[MediaKind.Audio].Data);
        Assert.Equal(0, publisher.FramesDropped);
        Assert.Equal(0, _pool.RentedCount);
    }

    [Fact]
    public async Task The_state_goes_to_connected_and_the_session_has_its_url()
    {
        List<PeerConnectionState> states = [];
        await using WhipPublisher publisher = Make();
        publisher.StateChanged += states.Add;

        await publisher.ConnectAsync(Cancellation);

        Assert.Equal(PeerConnectionState.Connected, publisher.State);
        Assert.Equal(new Uri(_server.BaseUrl, "sessions/1"), publisher.SessionUrl);
        await publisher.DisposeAsync();
        Assert.Equal(PeerConnectionState.Connected, states[^2]);
        Assert.Equal(PeerConnectionState.Closed, states[^1]);
    }

    [Fact]
    public async Task A_key_frame_request_of_the_server_is_passed_on()
    {
        var asked = new TaskCompletionSource();
        await using WhipPublisher publisher = Make();
        publisher.KeyFrameRequested += () => asked.TrySetResult();
        await publisher.ConnectAsync(Cancellation);
        Write(publisher, MediaCodec.H264, TestFrames.MakeAccessUnit(2000, isKeyFrame: true));
        Assert.True(SpinWait.SpinUntil(() => _server.Frames.Count == 1, Patience));

        _server.RequestKeyFrame();

        await asked.Task.WaitAsync(Patience, Cancellation);
    }

    [Fact]
    public async Task The_end_deletes_the_session_and_closes_the_connection()
    {
        WhipPublisher publisher = Make();
        await publisher.ConnectAsync(Cancellation);

        await publisher.DisposeAsync();

        await _server.Closed;
        Assert.Equal("/sessions/1", Assert.Single(_server.Requests, request => request.Method == "DELETE").Path);
        Assert.Equal(PeerConnectionState.Closed, publisher.State);
    }

    [Fact]
    public async Task The_end_by_the_server_is_told_and_later_frames_are_dropped()
    {
        var ended = new TaskCompletionSource();
        await using WhipPublisher publisher = Make();
        publisher.StateChanged += state =>
        {
            if (state == PeerConnectionState.Closed)
                ended.TrySetResult();
        };
        await publisher.ConnectAsync(Cancellation);

        _server.ClosePeer();
        await ended.Task.WaitAsync(Patience, Cancellation);

        Assert.Equal(CloseReason.RemoteClose, publisher.CloseReason);
        Assert.False(Write(publisher, MediaCodec.H264, TestFrames.MakeAccessUnit(2000, isKeyFrame: true)));
        Assert.Equal(1, publisher.FramesDropped);
    }

    [Fact]
    public async Task A_server_with_another_certificate_than_its_answer_says_is_refused()
    {
        _server.ChangeAnswer = answer => string.Join("\r\n", answer.Split("\r\n").Select(line =>
            line.StartsWith("a=fingerprint:sha-256 ", StringComparison.Ordinal) ? "a=fingerprint:sha-256 " + string.Join(':', Enumerable.Repeat("AB", 32)) : line));
        WhipPublisher publisher = Make();

        var exception = await Assert.ThrowsAsync<ConnectionException>(() => publisher.ConnectAsync(Cancellation));

        Assert.Equal(CloseReason.FingerprintMismatch, exception.CloseReason);
        Assert.Contains(_server.Requests, request => request.Method == "DELETE");
    }

    [Fact]
    public async Task A_media_port_that_does_not_answer_is_told_and_the_session_deleted()
    {
        _server.ChangeAnswer = answer => string.Join("\r\n", answer.Split("\r\n").Where(line => !line.StartsWith("a=candidate:", StringComparison.Ordinal)));
        WhipPublisher publisher = Make(options: new PeerOptions { IceTimeout = TimeSpan.FromMilliseconds(100) });

        var exception = await Assert.ThrowsAsync<ConnectionException>(() => publisher.ConnectAsync(Cancellation));

        Assert.Equal(CloseReason.IceTimeout, exception.CloseReason);
        Assert.Contains(_server.Requests, request => request.Method == "DELETE");
    }

    [Fact]
    public async Task A_cancelled_connect_leaves_no_session_behind()
    {
        _server.ChangeAnswer = answer => string.Join("\r\n", answer.Split("\r\n").Where(line => !line.StartsWith("a=candidate:", StringComparison.Ordinal)));
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Make().ConnectAsync(cancel.Token));

        if (_server.Requests.Any(request => request.Method == "POST"))
            Assert.Contains(_server.Requests, request => request.Method == "DELETE");
    }

    [Fact]
    public async Task An_answer_that_is_not_sdp_is_told_and_the_session_deleted()
    {
        _server.ChangeAnswer = _ => "hello";

        await Assert.ThrowsAsync<ConnectionException>(() => Make().ConnectAsync(Cancellation));

        Assert.Contains(_server.Requests, request => request.Method == "DELETE");
    }

    [Fact]
    public async Task Nothing_is_sent_before_the_connection()
    {
        await using WhipPublisher publisher = Make();

        Assert.False(Write(publisher, MediaCodec.Opus, [1]));
        Assert.Equal(1, publisher.FramesDropped);
        Assert.Throws<ArgumentException>(() => publisher.WriteVideo(TestFrames.Rent(_pool, MediaCodec.Opus, [1], isKeyFrame: true)));
    }

    private bool Write(WhipPublisher publisher, MediaCodec codec, byte[] data)
    {
        EncodedFrame frame = TestFrames.Rent(_pool, codec, data, isKeyFrame: true);
        bool isWritten = codec == MediaCodec.H264 ? publisher.WriteVideo(frame) : publisher.WriteAudio(frame);
        frame.Release();
        return isWritten;
    }

    private WhipPublisher Make(IPEndPoint? bound = null, PeerOptions? options = null) => new(new ClientOptions
    {
        Endpoint = new Uri(_server.BaseUrl, "whip?channelId=test"),
        LocalEndPoint = bound ?? new IPEndPoint(IPAddress.IPv6Any, 0),
        Peer = options ?? new PeerOptions(),
    });
}
