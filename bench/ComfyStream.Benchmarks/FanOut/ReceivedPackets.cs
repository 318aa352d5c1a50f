using System.Buffers.Binary;
using ComfyStream.Transport;

namespace ComfyStream.Benchmarks.FanOut;

/// <summary>Counts what one viewer receives by its RTP headers. Written by the viewer's loop; read by any thread, maybe a packet behind.</summary>
internal sealed class ReceivedPackets
{
    private const int HeaderBytes = 12;

    private readonly TaskCompletionSource<TimeSpan> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Traffic _traffic;
    private Source _one;
    private Source _other;
    private volatile PacketMix? _mix;

    /// <summary>When the first packet came.</summary>
    public Task<TimeSpan> First => _first.Task;

    /// <summary>What came so far.</summary>
    public Traffic Traffic => new(
        Volatile.Read(ref _traffic.Packets), Volatile.Read(ref _traffic.Bytes), Volatile.Read(ref _traffic.Missing), Volatile.Read(ref _traffic.Pictures));

    /// <summary>Notes the packets of the next so many seconds singly.</summary>
    public async Task<PacketMix> RecordAsync(TimeSpan length)
    {
        var mix = new PacketMix(length);
        _mix = mix;
        await mix.Completed;
        _mix = null;
        return mix;
    }

    /// <summary>Counts a datagram if it is RTP.</summary>
    public bool TryCount(ReadOnlySpan<byte> datagram)
    {
        bool isRtp = datagram.Length >= HeaderBytes && datagram[0] >> 6 == 2 && datagram[1] is < 192 or > 223;
        if (!isRtp)
            return false;

        if (_traffic.Packets == 0)
            _first.SetResult(EventLoop.Now);
        uint ssrc = BinaryPrimitives.ReadUInt32BigEndian(datagram[8..]);
        ref Source source = ref _one;
        if (source.IsKnown && source.Ssrc != ssrc)
            source = ref _other;
        Volatile.Write(ref _traffic.Packets, _traffic.Packets + 1);
        Volatile.Write(ref _traffic.Bytes, _traffic.Bytes + datagram.Length);
        Volatile.Write(ref _traffic.Pictures, _traffic.Pictures + (datagram[1] >> 7));
        int missing = source.Follow(ssrc, BinaryPrimitives.ReadUInt16BigEndian(datagram[2..]));
        if (missing != 0)
            Volatile.Write(ref _traffic.Missing, _traffic.Missing + missing);
        _mix?.Add(EventLoop.Now, ssrc, BinaryPrimitives.ReadUInt32BigEndian(datagram[4..]), datagram.Length);
        return true;
    }

    private struct Source
    {
        public uint Ssrc;
        public ushort Next;
        public bool IsKnown;

        /// <summary>Notes a packet; returns how many are missing before it. One that comes late is one missing less.</summary>
        public int Follow(uint ssrc, ushort sequence)
        {
            int ahead = IsKnown && Ssrc == ssrc ? (short)(sequence - Next) : 0;
            (Ssrc, IsKnown) = (ssrc, true);
            if (ahead >= 0)
                Next = (ushort)(sequence + 1);
            return ahead >= 0 ? ahead : -1;
        }
    }
}

/// <summary>RTP packets, their bytes, those that are missing between them, and the marker bits: pictures.</summary>
internal record struct Traffic(long Packets, long Bytes, long Missing, long Pictures)
{
    // Read and written one by one, by two threads.
    public long Packets = Packets;
    public long Bytes = Bytes;
    public long Missing = Missing;
    public long Pictures = Pictures;

    public static Traffic operator +(Traffic one, Traffic other) =>
        new(one.Packets + other.Packets, one.Bytes + other.Bytes, one.Missing + other.Missing, one.Pictures + other.Pictures);

    public static Traffic operator -(Traffic later, Traffic earlier) =>
        new(later.Packets - earlier.Packets, later.Bytes - earlier.Bytes, later.Missing - earlier.Missing, later.Pictures - earlier.Pictures);
}
