using System.Net;
using ComfyStream.Benchmarks.Camera;
using ComfyStream.Client;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Dtls;

namespace ComfyStream.Benchmarks.FanOut;

/// <summary>A viewer who takes part in full, on a thread and socket of its own: its pictures are matched to the camera's.</summary>
internal sealed class SampledViewer : IAsyncDisposable
{
    private readonly EventLoop _loop;

    public SampledViewer(Uri endpoint, CameraPublisher camera, DtlsIdentity identity, int number)
    {
        Camera = camera;
        _loop = new EventLoop(new IPEndPoint(IPAddress.Loopback, 0), $"sample-{number}") { Tap = Count };
        Viewer = new Viewer(new ClientOptions { Endpoint = endpoint, EventLoop = _loop, Identity = identity }, number);
    }

    public CameraPublisher Camera { get; }

    public Viewer Viewer { get; }

    /// <summary>Of its socket.</summary>
    public int Port => _loop.LocalEndPoint.Port;

    public ReceivedPackets Received { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await Viewer.DisposeAsync();
        _loop.Dispose();
    }

    private bool Count(in TransportPath path, ReadOnlySpan<byte> datagram)
    {
        Received.TryCount(datagram);
        return false;
    }
}
