using System.Net;
using System.Net.Sockets;
using ComfyStream.WebRtc;

namespace ComfyStream.Streaming.Tests.Running;

/// <summary>
/// A way from one client to the relay that loses datagrams: by chance (seeded), by choice, or all of them from some moment on.
/// </summary>
internal sealed class Route(int seed = 1) : IAsyncDisposable
{
    private readonly Socket _toClient = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Socket _toRelay = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _gate = new();
    private readonly Random _random = new(seed);
    private readonly List<Task> _pumps = [];
    private volatile EndPoint? _client;
    private long _lost;

    /// <summary>Share of media packets lost on the way to the relay.</summary>
    public double LossToRelay { get; set; }

    /// <summary>Share of media packets lost on the way to the client.</summary>
    public double LossToClient { get; set; }

    /// <summary>Asked for each datagram to the relay: whether it is the last that arrives, and the way is cut behind it.</summary>
    public Func<DatagramKind, bool> CutsAfter { get; init; } = _ => false;

    /// <summary>Asked for each datagram to the relay: whether the way is cut before it.</summary>
    public Func<DatagramKind, bool> CutsBefore { get; init; } = _ => false;

    /// <summary>Nothing passes any more, and the client's goodbyes to HTTP are not heard either.</summary>
    public bool IsCut { get; private set; }

    /// <summary>The client's DELETE does not reach the relay, but everything else does.</summary>
    public bool HidesDelete { get; set; }

    /// <summary>Media packets lost.</summary>
    public long Lost => Volatile.Read(ref _lost);

    public void Cut() => IsCut = true;

    public void Mend() => IsCut = false;

    /// <summary>Opens the way and returns the port that the client sends to.</summary>
    public int Open(IPEndPoint relay)
    {
        _toClient.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _toRelay.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _pumps.Add(PumpAsync(_toClient, received =>
        {
            _client = received.RemoteEndPoint;
            return Passes(received.Bytes.Span, LossToRelay, isToRelay: true) ? (_toRelay, relay) : null;
        }));
        _pumps.Add(PumpAsync(_toRelay, received =>
            _client is { } client && Passes(received.Bytes.Span, LossToClient, isToRelay: false) ? (_toClient, client) : null));
        return ((IPEndPoint)_toClient.LocalEndPoint!).Port;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_pumps);
        _toClient.Dispose();
        _toRelay.Dispose();
        _end.Dispose();
    }

    private bool Passes(ReadOnlySpan<byte> datagram, double loss, bool isToRelay)
    {
        DatagramKind kind = DatagramClassifier.Classify(datagram);
        lock (_gate)
        {
            if (isToRelay && !IsCut && CutsBefore(kind))
                IsCut = true;
            if (IsCut)
                return false;
            IsCut = isToRelay && CutsAfter(kind);
            if (kind != DatagramKind.Rtp || _random.NextDouble() >= loss)
                return true;
            _lost++;
            return false;
        }
    }

    private async Task PumpAsync(Socket from, Func<(Memory<byte> Bytes, EndPoint RemoteEndPoint), (Socket Socket, EndPoint To)?> route)
    {
        byte[] buffer = new byte[2048];
        var any = new IPEndPoint(IPAddress.Any, 0);
        while (!_end.IsCancellationRequested)
        {
            try
            {
                SocketReceiveFromResult received = await from.ReceiveFromAsync(buffer, SocketFlags.None, any, _end.Token);
                Memory<byte> bytes = buffer.AsMemory(0, received.ReceivedBytes);
                if (route((bytes, received.RemoteEndPoint)) is { } target)
                    await target.Socket.SendToAsync(bytes, SocketFlags.None, target.To, _end.Token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException)
            {
                // The end, or the other side closed its port.
            }
        }
    }
}
