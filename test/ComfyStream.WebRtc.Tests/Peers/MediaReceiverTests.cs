using System.Buffers.Binary;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Sdp;
using ComfyStream.WebRtc.Srtp;
using ComfyStream.WebRtc.Tests.Streams;

namespace ComfyStream.WebRtc.Tests.Peers;

public sealed class MediaReceiverTests : IDisposable
{
    private const uint First = 0x11111111;
    private const uint Second = 0x22222222;

    private static readonly byte[] _picture = [0x78, 0, 5, 0x67, 0x42, 0xE0, 0x1F, 0x11, 0, 4, 0x68, 0xCE, 0x3C, 0x80, 0, 5, 0x65, 0x88, 1, 2, 3];
    private static readonly byte[] _delta = [0x41, 0x9A, 1];

    private readonly MediaReceiver _receiver;
    private readonly SrtpSendContext _sender;
    private readonly Dictionary<uint, ushort> _sequence = [];

    public MediaReceiverTests()
    {
        byte[] key = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];
        byte[] salt = [.. Enumerable.Range(0, 12).Select(i => (byte)(i + 100))];
        _receiver = new MediaReceiver(new NegotiatedSession
        {
            LocalIce = IceCredentials.Create(),
            RemoteIce = IceCredentials.Create(),
            IceRole = IceRole.LiteControlled,
            RemoteCandidates = [],
            DtlsRole = DtlsRole.Server,
            RemoteFingerprints = [],
            Media = [StreamSample.Video()],
        });
        _receiver.Start(SrtpProfile.AeadAes128Gcm, key, salt);
        _sender = new SrtpSendContext(SrtpProfile.AeadAes128Gcm, key, salt);
    }

    public void Dispose()
    {
        _receiver.Dispose();
        _sender.Dispose();
    }

    [Fact]
    public void A_second_source_does_not_displace_one_that_is_sending()
    {
        var taken = new List<uint>();
        for (int i = 0; i < 20; i++)
        {
            Send(First, at: 1000 + (i * 30));
            Send(Second, at: 1010 + (i * 30));
            while (Take() is { } ssrc)
                taken.Add(ssrc);
        }

        Assert.Equal(Enumerable.Repeat(First, 20), taken);
        Assert.Equal(20, _receiver.PacketsRefused);
    }

    [Fact]
    public void A_new_source_follows_one_that_has_fallen_silent()
    {
        Send(First, at: 1000);
        Assert.Equal(First, Take());

        Send(Second, at: 1300);

        Assert.Equal(Second, Take());
        Assert.Equal(0, _receiver.PacketsRefused);
    }

    [Fact]
    public void Probes_on_source_0_before_and_between_media_make_no_stream()
    {
        Send(0, at: 900);
        Assert.Null(Take());
        Send(First, at: 1000);
        Send(0, at: 1300);
        Send(First, at: 1330);

        Assert.Equal(First, Take());
        Assert.Equal(First, Take());
        Assert.Null(Take());
        Assert.Equal(2, _receiver.PacketsRefused);
    }

    [Fact]
    public void A_new_source_whose_packets_are_too_large_does_not_displace_one_that_is_silent()
    {
        Send(First, at: 1000);
        Send(First, at: 1030, _picture);
        Assert.Equal(First, Take());
        Assert.Equal(First, Take());

        Send(Second, at: 1300, new byte[1600]);
        Send(First, at: 1301, _delta);

        Assert.Equal(First, Take());
        Assert.Equal(1, _receiver.PacketsRefused);
    }

    [Fact]
    public void Packets_that_are_too_large_cost_no_memory_whatever_their_source()
    {
        byte[] tooLarge = new byte[1600];
        tooLarge[0] = 0x65;
        for (int i = 0; i < 4; i++)
            Send(i % 2 == 0 ? First : Second, at: 1000 + i, tooLarge);
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int i = 0; i < 100; i++)
            Send(i % 2 == 0 ? First : Second, at: 1010 + i, tooLarge);

        // The test's own packets are some 4 KiB each.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    private void Send(uint ssrc, int at) => Send(ssrc, at, _picture);

    private void Send(uint ssrc, int at, byte[] picture)
    {
        ushort sequence = _sequence[ssrc] = (ushort)(_sequence.GetValueOrDefault(ssrc) + 1);
        byte[] header = new byte[12];
        header[0] = 0x80;
        header[1] = 0x80 | StreamSample.VideoPayloadType;
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), sequence);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), (uint)at * 90);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(8), ssrc);
        byte[] packet = new byte[header.Length + picture.Length + _sender.OverheadBytes];
        _sender.ProtectRtp(header, picture, sequence, packet);
        Assert.True(_receiver.HandleRtp(TimeSpan.FromMilliseconds(at), packet));
    }

    private uint? Take()
    {
        byte[] buffer = new byte[100];
        return _receiver.TryReadFrame(buffer, out ReceivedFrame frame) ? frame.Ssrc : null;
    }
}
