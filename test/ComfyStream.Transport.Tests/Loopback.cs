using System.Net;
using System.Net.Sockets;
using ComfyStream.WebRtc;

namespace ComfyStream.Transport.Tests;

/// <summary>Plain sockets on the other side of ours.</summary>
internal static class Loopback
{
    public static Socket OpenPeer(IPAddress? address = null)
    {
        address ??= IPAddress.Loopback;
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp)
        {
            ReceiveBufferSize = 4 << 20,
            ReceiveTimeout = 5000,
        };
        socket.Bind(new IPEndPoint(address, 0));
        return socket;
    }

    public static IPEndPoint EndPointOf(Socket socket) => (IPEndPoint)socket.LocalEndPoint!;

    public static TransportPath PathTo(Socket socket) => new(default, TransportAddress.From(EndPointOf(socket)));

    public static byte[] Receive(Socket socket)
    {
        byte[] buffer = new byte[65536];
        return buffer[..socket.Receive(buffer)];
    }

    /// <summary>Receives until <paramref name="count"/> datagrams came, handling each at once because the slab is used again.</summary>
    public static void ReceiveAll(DatagramReceiver receiver, int count, Action<byte[], TransportPath>? handle = null)
    {
        SpinWait.SpinUntil(
            () =>
            {
                int batch = receiver.Receive();
                for (int i = 0; i < batch; i++)
                {
                    ReadOnlySpan<byte> rest = receiver.GetDatagrams(i, out TransportPath path, out int datagramBytes);
                    do
                    {
                        int byteCount = Math.Min(datagramBytes, rest.Length);
                        handle?.Invoke(rest[..byteCount].ToArray(), path);
                        rest = rest[byteCount..];
                        count--;
                    }
                    while (!rest.IsEmpty);
                }

                return count <= 0;
            },
            TimeSpan.FromSeconds(5));
        Assert.Equal(0, count);
    }

    public static byte[] Pattern(int byteCount, int seed = 1)
    {
        byte[] bytes = new byte[byteCount];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
