using System.Net;
using System.Text;
using BenchmarkDotNet.Attributes;
using ComfyStream.Media;
using ComfyStream.Streaming.Pipeline;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Packetization;

namespace ComfyStream.Benchmarks.Micro;

/// <summary>What an event loop does for each datagram and turn, with a thousand peers; the hand-offs between threads.</summary>
public class LoopBenchmarks
{
    private const int Peers = 1000;

    private readonly DeadlineHeap<DeadlineEntry> _deadlines = new();
    private readonly DeadlineEntry[] _entries = new DeadlineEntry[Peers];
    private readonly BoundedQueue<object> _queue = new(64);
    private readonly SessionTable _table = new();
    private readonly TransportPath[] _paths = new TransportPath[Peers];
    private readonly byte[][] _userFragments = new byte[Peers][];
    private readonly byte[] _name = new byte[NativeAddress.MaxByteCount];
    private readonly byte[] _packetInfo = new byte[32];
    private readonly PacketizedFramePool _packets = new();
    private readonly LatestFrameSlot _slot = new();
    private readonly List<PeersInMemory> _peers = [];
    private VideoFramePool _pictures = null!;
    private DtlsIdentity _identity = null!;
    private TimeSpan _now;
    private int _next;

    [GlobalSetup]
    public void Setup()
    {
        _pictures = new VideoFramePool();
        _identity = DtlsIdentity.Create(new DateOnly(2026, 1, 1));
        var local = TransportAddress.From(IPAddress.Parse("198.51.100.1"), 8890);
        for (int i = 0; i < Peers; i++)
        {
            _entries[i] = new DeadlineEntry();
            _deadlines.Set(_entries[i], TimeSpan.FromMilliseconds(i * 7 % Peers));
            var peers = PeersInMemory.Negotiate(_identity);
            _peers.Add(peers);
            var slot = new PeerSlot(peers.Server, null!);
            _table.Add(slot);
            _userFragments[i] = Encoding.ASCII.GetBytes(peers.Server.LocalUserFragment);
            _paths[i] = new TransportPath(local, TransportAddress.From(new IPAddress([192, 0, 2, (byte)i]), 4000 + i));
            _table.Map(slot, _paths[i]);
        }
    }

    [Benchmark(Description = "Move a deadline among 1000")]
    public int MoveDeadline()
    {
        _now += TimeSpan.FromMilliseconds(1);
        _deadlines.Set(_deadlines.Earliest, _now + TimeSpan.FromSeconds(1));
        return _deadlines.Count;
    }

    [Benchmark(Description = "Queue and take an item")]
    public bool Queue() => _queue.TryEnqueue(this) && _queue.TryDequeue(out _);

    [Benchmark(Description = "Find one of 1000 peers by its path")]
    public bool FindByPath() => _table.Find(_paths[Next()]) is not null;

    [Benchmark(Description = "Find one of 1000 peers by its user fragment")]
    public bool FindByUserFragment() => _table.Find(_userFragments[Next()]) is not null;

    [Benchmark(Description = "Write the kernel's addresses of a path")]
    public int WriteAddresses()
    {
        ref TransportPath path = ref _paths[Next()];
        return NativeAddress.Write(path.Remote, isIPv6: true, _name) + NativeAddress.WritePacketInfo(path.Local, isIPv6: true, _packetInfo);
    }

    [Benchmark(Description = "Read the kernel's address")]
    public bool ReadAddress() => NativeAddress.Read(isIPv6: true, _name).IsIPv4;

    [Benchmark(Description = "Rent a packetized frame and give it back")]
    public int RentPackets()
    {
        PacketizedFrame frame = _packets.Rent(8000);
        frame.Begin(MediaKind.Video, default, isKeyFrame: false, default);
        frame.Release();
        return frame.CapacityBytes;
    }

    [Benchmark(Description = "Hand a picture from stage to stage")]
    public int HandOver()
    {
        _slot.Publish(_pictures.Rent(640, 360));
        VideoFrame picture = _slot.Take()!;
        int width = picture.Width;
        picture.Return();
        return width;
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _peers.ForEach(peers => peers.Dispose());
        _pictures.Dispose();
        _identity.Dispose();
    }

    private int Next() => _next = (_next + 1) % Peers;
}
