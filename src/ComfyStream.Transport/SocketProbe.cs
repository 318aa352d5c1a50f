using System.Net;
using System.Net.Sockets;
using ComfyStream.WebRtc;

namespace ComfyStream.Transport;

/// <summary>
/// Finds out which <see cref="SocketMode"/> works here, by sending datagrams to ourselves: a kernel, a sandbox or a seccomp filter may
/// take an option and refuse what it is for.
/// </summary>
internal static class SocketProbe
{
    private const int SegmentBytes = 200;
    private const int ProbeBytes = (2 * SegmentBytes) + 1;
    private const int MostWaits = 20;

    private static readonly Lazy<SocketMode> _best = new(Find);

    /// <summary>The first mode that works; found once a process (any thread).</summary>
    public static SocketMode Best => _best.Value;

    /// <summary>Tries the modes, best first. The last one is left when nothing passes, as without a loopback device.</summary>
    public static SocketMode Find() =>
        Works(SocketMode.Segmented) ? SocketMode.Segmented
        : Works(SocketMode.Batched) ? SocketMode.Batched
        : SocketMode.Plain;

    /// <summary>Whether datagrams that are sent in that mode arrive as they were.</summary>
    public static bool Works(SocketMode mode)
    {
        try
        {
            using UdpSocket socket = UdpSocket.Open(new IPEndPoint(IPAddress.Loopback, 0), mode);
            using var sender = new DatagramSender(socket);
            using var receiver = new DatagramReceiver(socket);
            TransportAddress self = TransportAddress.From(socket.LocalEndPoint);
            for (int i = 0; i < ProbeBytes; i++)
                sender.GetBuffer()[i] = (byte)i;
            sender.Enqueue(new Transmit(new TransportPath(self, self), ProbeBytes, SegmentBytes));
            return sender.Flush() && sender.IsSegmenting == (mode == SocketMode.Segmented) && Arrives(receiver);
        }
        catch (Exception failure) when (failure is SocketException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    private static bool Arrives(DatagramReceiver receiver)
    {
        int position = 0;
        for (int waits = 0; waits < MostWaits && position < ProbeBytes; waits++)
        {
            int count = receiver.Receive();
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<byte> datagrams = receiver.GetDatagrams(i, out _, out int datagramBytes);
                if (datagramBytes != Math.Min(SegmentBytes, ProbeBytes - position))
                    return false;
                foreach (byte value in datagrams)
                {
                    if (value != (byte)position++)
                        return false;
                }
            }

            // The loopback device delivers in the sender's time, nearly always.
            if (count == 0)
                Thread.Sleep(1);
        }

        return position == ProbeBytes;
    }
}
