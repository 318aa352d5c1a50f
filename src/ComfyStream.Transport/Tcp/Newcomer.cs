using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using ComfyStream.Transport.Interop;
using ComfyStream.WebRtc;

namespace ComfyStream.Transport.Tcp;

/// <summary>A TCP connection of which nobody knows yet whose it is: it is read up to the end of its first frame, and no further. Owned by the listener's thread.</summary>
internal sealed class Newcomer : IDisposable
{
    /// <summary>A Binding request with the longest user name is shorter than this; what is longer is none.</summary>
    public const int MostFrameBytes = 600;

    private const int LeastFrameBytes = 20;

    private readonly Socket _socket;
    private readonly int _descriptor;
    private readonly byte[] _bytes = new byte[StreamFrameReader.LengthBytes + MostFrameBytes];
    private int _count;

    public Newcomer(Socket socket, TimeSpan acceptedAt)
    {
        _socket = socket;
        _descriptor = (int)socket.Handle;
        AcceptedAt = acceptedAt;
        Address = AddressOf((IPEndPoint)socket.RemoteEndPoint!);
    }

    /// <summary>When it was accepted.</summary>
    public TimeSpan AcceptedAt { get; }

    /// <summary>Whom it counts for: its address without the port, of IPv6 the network of 64 bits, which is one customer's.</summary>
    public TransportAddress Address { get; }

    /// <summary>The file descriptor to poll.</summary>
    public int Descriptor => _descriptor;

    /// <summary>Reads on. <see cref="NewcomerState.Ready"/> once the first frame is whole.</summary>
    public NewcomerState Read()
    {
        if (!TryReadTo(StreamFrameReader.LengthBytes, out NewcomerState state))
            return state;
        int byteCount = BinaryPrimitives.ReadUInt16BigEndian(_bytes);
        if (byteCount is < LeastFrameBytes or > MostFrameBytes)
            return NewcomerState.Ended;
        return TryReadTo(StreamFrameReader.LengthBytes + byteCount, out state) ? NewcomerState.Ready : state;
    }

    /// <summary>Gives the connection away, with its first frame.</summary>
    public TcpArrival ToArrival() => new(_socket, _bytes[StreamFrameReader.LengthBytes.._count]);

    public void Dispose() => _socket.Dispose();

    private static TransportAddress AddressOf(IPEndPoint endPoint)
    {
        TransportAddress address = TransportAddress.From(endPoint.Address, 0);
        if (address.IsIPv4)
            return address;
        Span<byte> bytes = stackalloc byte[16];
        address.WriteIPv6Bytes(bytes);
        bytes[8..].Clear();
        return new TransportAddress(bytes, 0);
    }

    private unsafe bool TryReadTo(int wantedBytes, out NewcomerState state)
    {
        state = NewcomerState.Waiting;
        while (_count < wantedBytes)
        {
            nint received;
            fixed (byte* place = &_bytes[_count])
                received = LibC.Receive(_descriptor, place, (nuint)(wantedBytes - _count), LibC.MsgDontWait);
            if (received <= 0)
            {
                bool isOver = received == 0 || Marshal.GetLastPInvokeError() is not (LibC.EAgain or LibC.EIntr);
                state = isOver ? NewcomerState.Ended : NewcomerState.Waiting;
                return false;
            }

            _count += (int)received;
        }

        return true;
    }
}

/// <summary>How far a <see cref="Newcomer"/> has come.</summary>
internal enum NewcomerState
{
    /// <summary>More of the first frame has to come.</summary>
    Waiting,

    /// <summary>The first frame is whole.</summary>
    Ready,

    /// <summary>It was closed, or begins with what no first frame is.</summary>
    Ended,
}
