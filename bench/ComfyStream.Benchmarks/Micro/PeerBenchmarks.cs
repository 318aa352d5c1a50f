using BenchmarkDotNet.Attributes;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Packetization;

namespace ComfyStream.Benchmarks.Micro;

/// <summary>
/// One picture of 8 KB (8 packets) to connected viewers, up to the kernel's door: queueing, headers, encryption, reports, what is
/// kept for retransmission. The picture is packetized once.
/// </summary>
public class PeerBenchmarks
{
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(33);

    private readonly byte[] _picture = CodedPicture.Create();
    private readonly byte[] _slab = new byte[1 << 16];
    private readonly Stack<PacketizedFrame> _free = new();
    private DtlsIdentity _identity = null!;
    private PeersInMemory[] _peers = [];
    private TimeSpan _now;

    [Params(1, 100)]
    public int Viewers { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _identity = DtlsIdentity.Create(new DateOnly(2026, 1, 1));
        _peers = [.. Enumerable.Range(0, Viewers).Select(_ => PeersInMemory.Connect(_identity, _slab))];
        _now = _peers.Max(peers => peers.Now);
        // What is kept for retransmission fills up and is given back from then on.
        for (int i = 0; i < 300; i++)
            SendPicture();
    }

    [Benchmark(Description = "Send a picture")]
    public int SendPicture()
    {
        _now += _interval;
        PacketizedFrame packets = _free.TryPop(out PacketizedFrame? free) ? free : new PacketizedFrame(_free.Push);
        packets.Begin(MediaKind.Video, _now, isKeyFrame: false, _now);
        H264Packetizer.Packetize(_picture, packets);
        int bytes = 0;
        foreach (PeersInMemory peers in _peers)
        {
            if (!peers.Server.WriteFrame(_now, packets))
                throw new InvalidOperationException("The peer takes no frame.");
            while (peers.Server.TryGetTransmit(_now, _slab, out Transmit transmit))
                bytes += transmit.ByteCount;
        }

        packets.Release();
        return bytes;
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        foreach (PeersInMemory peers in _peers)
            peers.Dispose();
        _identity.Dispose();
    }
}
