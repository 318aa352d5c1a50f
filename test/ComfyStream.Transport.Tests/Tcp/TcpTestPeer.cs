using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using ComfyStream.WebRtc;

namespace ComfyStream.Transport.Tests.Tcp;

/// <summary>A client that speaks with a relay over TCP connections, driven by the test's thread: its peer, its frames (written apart from the product's), and its socket.</summary>
internal sealed class TcpTestPeer(PeerConnection peer, IPEndPoint door) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly byte[] _slab = new byte[1 << 16];
    private readonly byte[] _frame = new byte[1 << 20];
    private readonly List<byte> _stream = [];
    private readonly byte[] _received = new byte[1 << 16];
    private TransportPath _path;

    public PeerConnection Peer => peer;

    public Socket Socket { get; private set; } = null!;

    public int FramesReceived { get; private set; }

    public long LastFrameBytes { get; private set; }

    /// <summary>Media packets that came and were no media, or of which one was broken off.</summary>
    public long Refused => peer.GetStatistics().PacketsRefused;

    public bool IsEnded { get; private set; }

    public void Connect(int receiveBufferBytes = 0)
    {
        Socket?.Dispose();
        Socket = new Socket(door.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBufferBytes > 0)
            Socket.ReceiveBufferSize = receiveBufferBytes;
        Socket.Connect(door);
        _stream.Clear();
        IsEnded = false;

        // A second connection is nothing to the peer: it goes on as on the first.
        if (_path == default)
            _path = new TransportPath(TransportAddress.From((IPEndPoint)Socket.LocalEndPoint!), TransportAddress.From(door));
    }

    /// <summary>Sends and receives until something holds.</summary>
    public bool RunUntil(Func<bool> condition) => SpinWait.SpinUntil(
        () =>
        {
            Step();
            return condition();
        },
        Patience);

    public bool Connects() => RunUntil(() => peer.State == PeerConnectionState.Connected);

    /// <summary>Sends what there is to send, and takes what has come.</summary>
    public void Step(bool receives = true)
    {
        TimeSpan now = EventLoop.Now;
        if (peer.NextDeadline <= now)
            peer.HandleDeadline(now);
        Send(now);
        if (receives && !IsEnded && Socket.Poll(1000, SelectMode.SelectRead))
            Receive();
        Send(EventLoop.Now);
        while (peer.TryGetEvent(out _))
        {
            while (peer.TryReadFrame(_frame, out ReceivedFrame frame))
            {
                FramesReceived++;
                LastFrameBytes = frame.ByteCount;
            }
        }
    }

    public void Dispose()
    {
        Socket?.Dispose();
        peer.Dispose();
    }

    private void Send(TimeSpan now)
    {
        while (peer.TryGetTransmit(now, _slab, out Transmit transmit))
        {
            foreach (byte[] packet in _slab[..transmit.ByteCount].Chunk(transmit.SegmentSizeBytes))
            {
                byte[] frame = StreamFrameReaderTests.Frame([packet]);
                if (!IsEnded)
                    IsEnded = !TrySend(frame);
            }
        }
    }

    private bool TrySend(byte[] frame)
    {
        try
        {
            return Socket.Send(frame) == frame.Length;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void Receive()
    {
        int count;
        try
        {
            count = Socket.Receive(_received);
        }
        catch (SocketException)
        {
            count = 0;
        }

        IsEnded = count == 0;
        _stream.AddRange(_received.AsSpan(0, count));
        while (_stream.Count >= 2)
        {
            int byteCount = BinaryPrimitives.ReadUInt16BigEndian([_stream[0], _stream[1]]);
            Assert.InRange(byteCount, 1, 1500);
            if (_stream.Count < 2 + byteCount)
                break;
            byte[] packet = [.. _stream.GetRange(2, byteCount)];
            _stream.RemoveRange(0, 2 + byteCount);
            Assert.NotEqual(DatagramKind.Unknown, DatagramClassifier.Classify(packet));
            peer.HandleDatagram(EventLoop.Now, _path, packet);
        }
    }
}
