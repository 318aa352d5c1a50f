using System.Collections.Concurrent;
using System.Net;
using ComfyStream.Client;
using ComfyStream.Media;
using ComfyStream.Transport;
using ComfyStream.WebRtc;

namespace ComfyStream.Streaming.Tests.Running;

/// <summary>A viewer that keeps what it gets.</summary>
internal sealed class Viewer : IAsyncDisposable
{
    private readonly WhepSubscriber _subscriber;
    private readonly HttpClient _http;
    private readonly ConcurrentQueue<Received> _pictures = [];
    private readonly ConcurrentQueue<byte[]> _sounds = [];

    public Viewer(RelaySignaling signaling, string streamId, bool video = true, PeerOptions? peer = null, IReadOnlyList<MediaCodec>? codecs = null)
    {
        _http = new HttpClient(signaling);
        _subscriber = new WhepSubscriber(
            new ClientOptions
            {
                Endpoint = new Uri($"http://relay.test/whep?streamId={Uri.EscapeDataString(streamId)}"),
                HttpClient = _http,
                Video = video,
                VideoCodecs = codecs ?? [MediaCodec.H264],
                LocalEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
                Peer = peer ?? new PeerOptions { NtpEpoch = EventLoop.NtpEpoch },
            },
            Keep);
    }

    public string Id => _subscriber.SessionUrl?.Segments[^1] ?? "";

    public PeerConnectionState State => _subscriber.State;

    public CloseReason CloseReason => _subscriber.CloseReason;

    public IReadOnlyList<Received> Pictures => [.. _pictures];

    public IReadOnlyList<byte[]> Sounds => [.. _sounds];

    public int PictureCount => _pictures.Count;

    public Task ConnectAsync(CancellationToken cancellationToken = default) => _subscriber.ConnectAsync(cancellationToken).WaitAsync(TestRelay.Patience, cancellationToken);

    /// <summary>Codecs of the pictures, in the order of their first.</summary>
    public IReadOnlyList<MediaCodec> Codecs => [.. _pictures.Select(picture => picture.Codec).Distinct()];

    /// <summary>Size and mean brightness of the last picture that a player would show.</summary>
    public Shown LastShown => Decode() is [.., var last] ? last : default;

    /// <summary>Size and mean brightness of what a player would show, beginning with the first picture.</summary>
    public IReadOnlyList<Shown> Decode()
    {
        using var pictures = new VideoFramePool();
        var frames = new EncodedFramePool();
        IVideoDecoder? decoder = null;
        MediaCodec codec = default;
        List<Shown> shown = [];
        foreach (Received received in _pictures)
        {
            if (decoder is null || codec != received.Codec)
            {
                decoder?.Dispose();
                codec = received.Codec;
                decoder = CountingCodecs.Real.CreateVideoDecoder(codec, pictures);
            }

            EncodedFrame unit = frames.Rent(received.Data.Length);
            received.Data.CopyTo(unit.WritableData);
            unit.Codec = codec;
            unit.IsKeyFrame = received.IsKeyFrame;
            unit.MediaTime = received.MediaTime;
            Assert.True(decoder.TryWrite(unit), "The decoder refuses what the viewer got.");
            unit.Release();
            while (decoder.TryRead(out VideoFrame? picture))
            {
                shown.Add(new Shown(picture!.Width, picture.Height, MeanLuma(picture)));
                picture.Return();
            }
        }

        decoder?.Dispose();
        return shown;
    }

    public async ValueTask DisposeAsync()
    {
        await _subscriber.DisposeAsync();
        _http.Dispose();
    }

    private void Keep(EncodedFrame frame)
    {
        if (frame.Codec != MediaCodec.Opus)
            _pictures.Enqueue(new Received(frame.Data.ToArray(), frame.IsKeyFrame, frame.MediaTime, frame.Codec));
        else
            _sounds.Enqueue(frame.Data.ToArray());
    }

    private static unsafe int MeanLuma(VideoFrame picture)
    {
        long sum = 0;
        for (int y = 0; y < picture.Height; y++)
        {
            for (int x = 0; x < picture.Width; x++)
                sum += picture.Y[(y * picture.StrideY) + x];
        }

        return (int)(sum / (picture.Width * picture.Height));
    }

    internal sealed record Received(byte[] Data, bool IsKeyFrame, TimeSpan MediaTime, MediaCodec Codec);

    internal readonly record struct Shown(int Width, int Height, int Luma);
}
