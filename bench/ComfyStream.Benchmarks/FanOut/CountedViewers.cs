using System.Buffers.Binary;
using System.Net;
using ComfyStream.Client;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Dtls;

namespace ComfyStream.Benchmarks.FanOut;

/// <summary>
/// Viewers by the hundred: each joins by WHEP, ICE and DTLS like any other and answers checks and reports; what it receives is
/// counted by its RTP headers and not decrypted, so that they cost less than the relay that is measured. They share a few loops,
/// by a local address each.
/// </summary>
internal sealed class CountedViewers : IAsyncDisposable
{
    /// <summary>As many as there are addresses for.</summary>
    public const int Most = 4096;

    private const byte FirstNetwork = 64;

    private readonly EventLoop[] _loops;
    private readonly DtlsIdentity _identity = DtlsIdentity.Create(DateOnly.FromDateTime(DateTime.UtcNow));
    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 64 });
    private readonly List<WhepSubscriber> _subscribers = [];
    private readonly Received[] _received = new Received[Most];

    public CountedViewers(int loops)
    {
        _loops = new EventLoop[loops];
        for (int i = 0; i < loops; i++)
            _loops[i] = new EventLoop(new IPEndPoint(IPAddress.Any, 0), $"viewers-{i}") { Tap = Count };
    }

    /// <summary>Viewers that joined.</summary>
    public int JoinedCount => _subscribers.Count;

    /// <summary>From the POST to the first RTP packet of each.</summary>
    public List<TimeSpan> JoinTimes { get; } = [];

    /// <summary>Joins that failed.</summary>
    public int FailedCount { get; private set; }

    /// <summary>Lets one more join, and returns once it receives.</summary>
    public async Task JoinAsync(Uri endpoint)
    {
        int number;
        WhepSubscriber subscriber;
        lock (_subscribers)
        {
            number = _subscribers.Count;
            subscriber = new WhepSubscriber(OptionsFor(endpoint, number), static _ => { });
            _subscribers.Add(subscriber);
        }

        TimeSpan begun = EventLoop.Now;
        try
        {
            await subscriber.ConnectAsync();
            TimeSpan limit = EventLoop.Now + TimeSpan.FromSeconds(10);
            while (Volatile.Read(ref _received[number].FirstTicks) == 0)
            {
                if (EventLoop.Now > limit)
                    throw new TimeoutException("Nothing came.");
                await Task.Delay(1);
            }
        }
        catch (Exception failure) when (failure is ConnectionException or TimeoutException)
        {
            lock (_subscribers)
                FailedCount++;
            return;
        }

        lock (_subscribers)
            JoinTimes.Add(new TimeSpan(_received[number].FirstTicks) - begun);
    }

    /// <summary>What all of them have received so far.</summary>
    public Traffic Total()
    {
        Traffic total = default;
        for (int i = 0; i < _subscribers.Count; i++)
        {
            ref Received received = ref _received[i];
            total = new Traffic(total.Packets + Volatile.Read(ref received.Packets), total.Bytes + Volatile.Read(ref received.Bytes), total.Missing + Volatile.Read(ref received.Missing));
        }

        return total;
    }

    public async ValueTask DisposeAsync()
    {
        await Parallel.ForEachAsync(_subscribers, new ParallelOptions { MaxDegreeOfParallelism = 16 }, (subscriber, _) => subscriber.DisposeAsync());
        foreach (EventLoop loop in _loops)
            loop.Dispose();
        _http.Dispose();
        _identity.Dispose();
    }

    private ClientOptions OptionsFor(Uri endpoint, int number) => new()
    {
        Endpoint = endpoint,
        HttpClient = _http,
        Identity = _identity,
        EventLoop = _loops[number % _loops.Length],
        LocalAddress = new IPAddress([127, (byte)(FirstNetwork + number / 65536), (byte)(number / 256), (byte)number]),
    };

    private bool Count(in TransportPath path, ReadOnlySpan<byte> datagram)
    {
        const int HeaderBytes = 12;
        bool isRtp = datagram.Length >= HeaderBytes && datagram[0] >> 6 == 2 && datagram[1] is < 192 or > 223;
        if (!isRtp)
            return false;

        Span<byte> address = stackalloc byte[16];
        path.Local.WriteBytes(address);
        ref Received received = ref _received[(address[1] - FirstNetwork) * 65536 + address[2] * 256 + address[3]];
        if (received.FirstTicks == 0)
            Volatile.Write(ref received.FirstTicks, EventLoop.Now.Ticks);
        Volatile.Write(ref received.Packets, received.Packets + 1);
        Volatile.Write(ref received.Bytes, received.Bytes + datagram.Length);
        uint ssrc = BinaryPrimitives.ReadUInt32BigEndian(datagram[8..]);
        ushort sequence = BinaryPrimitives.ReadUInt16BigEndian(datagram[2..]);
        ref Source source = ref received.First;
        if (source.IsKnown && source.Ssrc != ssrc)
            source = ref received.Second;
        Volatile.Write(ref received.Missing, received.Missing + source.Follow(ssrc, sequence));
        return true;
    }

    /// <summary>RTP packets, their bytes, and those that are missing between them.</summary>
    internal readonly record struct Traffic(long Packets, long Bytes, long Missing)
    {
        public static Traffic operator -(Traffic later, Traffic earlier) =>
            new(later.Packets - earlier.Packets, later.Bytes - earlier.Bytes, later.Missing - earlier.Missing);
    }

    private struct Received
    {
        public long FirstTicks;
        public long Packets;
        public long Bytes;
        public long Missing;
        public Source First;
        public Source Second;
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
