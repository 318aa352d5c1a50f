using System.Buffers.Binary;
using ComfyStream.WebRtc.Packetization;
using ComfyStream.WebRtc.Rtcp;
using ComfyStream.WebRtc.Sdp;
using ComfyStream.WebRtc.Srtp;
using ComfyStream.WebRtc.Tests.Packetization;
using ComfyStream.WebRtc.Tests.Sdp;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Peers;

/// <summary>Two whole engines over a bad path, with and without RTX (RFC 4588), with H.264 and VP8.</summary>
public sealed class RetransmissionTests
{
    private static readonly TimeSpan s_frameInterval = TimeSpan.FromMilliseconds(33);
    private readonly Vp8Packetizer _vp8 = new(0x7FFE);
    private int _outstanding;

    public enum Shape
    {
        WithRtx,
        WithoutRtx,

        /// <summary>As Firefox: retransmissions carry neither rrid nor an announced source, and here not even the mid.</summary>
        WithRtxOfUnknownSource,
    }

    [Theory]
    [InlineData(true, Shape.WithRtx, 0.01, PayloadFormat.H264)]
    [InlineData(true, Shape.WithRtx, 0.05, PayloadFormat.H264)]
    [InlineData(true, Shape.WithRtx, 0.15, PayloadFormat.H264)]
    [InlineData(true, Shape.WithRtx, 0.10, PayloadFormat.Vp8)]
    [InlineData(true, Shape.WithRtxOfUnknownSource, 0.10, PayloadFormat.H264)]
    [InlineData(true, Shape.WithoutRtx, 0.10, PayloadFormat.H264)]
    [InlineData(false, Shape.WithRtx, 0.01, PayloadFormat.H264)]
    [InlineData(false, Shape.WithRtx, 0.05, PayloadFormat.H264)]
    [InlineData(false, Shape.WithRtx, 0.15, PayloadFormat.H264)]
    [InlineData(false, Shape.WithRtx, 0.10, PayloadFormat.Vp8)]
    [InlineData(false, Shape.WithoutRtx, 0.10, PayloadFormat.H264)]
    [InlineData(false, Shape.WithoutRtx, 0.10, PayloadFormat.Vp8)]
    public void Every_picture_comes_through_as_it_was(bool clientPublishes, Shape shape, double loss, PayloadFormat format)
    {
        using var pair = Connect(clientPublishes, shape, format);
        EmulatedLink link = clientPublishes ? pair.ToServer : pair.ToClient;
        PeerPair.Side receiver = clientPublishes ? pair.Server : pair.Client;
        var cipherTexts = new Dictionary<(uint Ssrc, ushort Sequence), byte[]>();
        link.Drops = bytes => NoteText(cipherTexts, bytes);

        List<byte[]> pictures = Send(pair, clientPublishes, count: 1, format);
        Degrade(pair, loss);
        pictures.AddRange(Send(pair, clientPublishes, count: 200, format));
        Restore(pair);
        pictures.AddRange(Send(pair, clientPublishes, count: 3, format));
        pair.Run(TimeSpan.FromSeconds(1));

        Assert.True(link.Lost > 0, "The link lost nothing: the test proves nothing.");
        Assert.Equal(pictures, receiver.Frames.Select(frame => frame.Data));
        Assert.All(receiver.Frames, frame => Assert.Equal(format, frame.Info.Format));
        MediaStatistics sent = (clientPublishes ? pair.Client : pair.Server).Peer.GetStatistics().Video;
        MediaStatistics received = receiver.Peer.GetStatistics().Video;
        Assert.True(sent.PacketsRetransmitted > 0);
        Assert.InRange(sent.BytesRetransmitted, 1, sent.BytesSent + (64 * 1200));
        Assert.Equal(shape != Shape.WithoutRtx, received.RetransmissionsReceived > 0);
        Assert.Equal(shape == Shape.WithoutRtx ? 1 : 2, cipherTexts.Keys.Select(key => key.Ssrc).Distinct().Count());
    }

    [Fact]
    public void Statistics_tell_what_happened_on_the_way()
    {
        using var pair = Connect(clientPublishes: false, Shape.WithRtx, PayloadFormat.H264);
        Send(pair, clientPublishes: false, count: 1, PayloadFormat.H264);
        Degrade(pair, 0.05);
        Send(pair, clientPublishes: false, count: 150, PayloadFormat.H264);
        Restore(pair);
        Send(pair, clientPublishes: false, count: 60, PayloadFormat.H264);
        pair.Client.Peer.RequestKeyFrame(pair.Now);
        pair.Run(TimeSpan.FromMilliseconds(100));
        Send(pair, clientPublishes: false, count: 1, PayloadFormat.H264);
        pair.Run(TimeSpan.FromSeconds(1.5));

        PeerStatistics server = pair.Server.Peer.GetStatistics();
        PeerStatistics client = pair.Client.Peer.GetStatistics();
        Assert.Equal("192.0.2.1:4000", server.SelectedPath?.Remote.ToString());
        Assert.Equal("198.51.100.1:8890", client.SelectedPath?.Remote.ToString());
        Assert.InRange(server.RoundTripTime!.Value.TotalMilliseconds, 9, 60);
        Assert.Null(client.RoundTripTime);
        Assert.Equal((212, 212), (server.Video.FramesSent, client.Video.FramesReceived));
        Assert.Equal(server.Video.PacketsSent, client.Video.PacketsReceived + client.Video.PacketsLost);
        Assert.Equal(client.Video.PacketsLost, server.Video.RemotePacketsLost);
        Assert.InRange(client.Video.PacketsLost, 10, 200);
        Assert.InRange(client.Video.RetransmissionsReceived, client.Video.PacketsLost, server.Video.PacketsRetransmitted);
        Assert.InRange(server.Video.NacksReceived, 1, client.Video.NacksSent);
        Assert.Equal((1, 1), (client.Video.KeyFrameRequestsSent, server.Video.PictureLossesReceived));
        Assert.Equal(0, client.Video.Losses);
        Assert.Equal(server.Video.RemoteJitter.TotalMilliseconds, client.Video.Jitter.TotalMilliseconds, tolerance: 5);
        Assert.Equal(default, client.Audio);
    }

    [Fact]
    public void A_viewer_is_sent_only_frames_of_codecs_that_it_agreed_to()
    {
        using var both = Connect(clientPublishes: false, Shape.WithRtx, PayloadFormat.H264, PayloadFormat.Vp8);
        Send(both, clientPublishes: false, count: 3, PayloadFormat.H264);
        Send(both, clientPublishes: false, count: 3, PayloadFormat.Vp8);
        Send(both, clientPublishes: false, count: 3, PayloadFormat.H264);
        both.Run(TimeSpan.FromMilliseconds(200));
        Assert.Equal(
            ["H264", "H264", "H264", "Vp8", "Vp8", "Vp8", "H264", "H264", "H264"],
            both.Client.Frames.Select(frame => frame.Info.Format.ToString()));
        Assert.Equal(0, both.Client.Losses);

        using var h264 = Connect(clientPublishes: false, Shape.WithRtx, PayloadFormat.H264);
        PacketizedFrame vp8 = Packetize(Vp8Tests.KeyFrame(100), PayloadFormat.Vp8, h264.Now, keyFrame: true);
        Assert.False(h264.Server.Peer.WriteFrame(h264.Now, vp8));
        vp8.Release();

        // The nine that were sent are kept for retransmission.
        Assert.Equal(9, _outstanding);
    }

    [Fact]
    public void The_publishers_sender_reports_put_its_frames_on_its_clock()
    {
        var options = new PeerOptions { NtpEpoch = 0xE0000000_00000000 };
        using var pair = new PeerPair(clientPublishes: true, options: options);
        pair.Connect();
        Assert.False(pair.Server.Peer.TryGetSenderReport(MediaKind.Video, out _, out _));
        TimeSpan mediaTime = pair.Now;
        Send(pair, clientPublishes: true, count: 60, PayloadFormat.H264);

        Assert.True(pair.Server.Peer.TryGetSenderReport(MediaKind.Video, out ulong ntpTime, out long rtpTimestamp));
        Assert.False(pair.Server.Peer.TryGetSenderReport(MediaKind.Audio, out _, out _));
        ReceivedFrame frame = pair.Server.Frames[0].Info;
        double reportSeconds = (ntpTime - options.NtpEpoch) / 4294967296.0;
        double frameSeconds = reportSeconds + (frame.RtpTimestamp - rtpTimestamp) / 90000.0;
        Assert.Equal(mediaTime.TotalSeconds, frameSeconds, tolerance: 0.0001);
    }

    [Fact]
    public void A_packet_is_lost_asked_for_sent_again_and_received_without_allocating()
    {
        using var pair = Connect(clientPublishes: false, Shape.WithRtx, PayloadFormat.H264);
        using var path = new EncryptedPath(pair.Server.Peer.Session, pair.Client.Peer.Session);
        PacketizedFrame frame = Packetize(H264(keyFrame: true, 9000, 1), PayloadFormat.H264, pair.Now, keyFrame: true);
        path.Send(frame, count: 300);
        long before = GC.GetAllocatedBytesForCurrentThread();
        path.Send(frame, count: 300);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        MediaStatistics statistics = path.ReceivedVideo;
        Assert.Equal((600, 600, 600), (statistics.FramesReceived, statistics.RetransmissionsReceived, statistics.PacketsLost));
    }

    [Fact]
    public void The_roll_over_counters_of_packets_and_of_retransmissions_go_on_over_their_wraps()
    {
        using var pair = Connect(clientPublishes: false, Shape.WithRtx, PayloadFormat.H264);
        using var path = new EncryptedPath(pair.Server.Peer.Session, pair.Client.Peer.Session);

        // Small parameter sets, of which the second is lost, before a slice that earns the allowance.
        PacketizedFrame frame = new(_ => { });
        frame.Begin(MediaKind.Video, default, isKeyFrame: true, default);
        ((ReadOnlySpan<byte>)[0x67, 0x42]).CopyTo(frame.AppendPacket(2));
        ((ReadOnlySpan<byte>)[0x68, 0xCE]).CopyTo(frame.AppendPacket(2));
        byte[] slice = H264(keyFrame: false, 300, 1)[4..];
        slice[0] = 0x65;
        slice.CopyTo(frame.AppendPacket(slice.Length));
        path.Send(frame, count: 70_000);

        MediaStatistics statistics = path.ReceivedVideo;
        Assert.Equal((70_000, 70_000, 0), (statistics.FramesReceived, statistics.RetransmissionsReceived, statistics.Losses));
    }

    // SRTP: one SSRC and index are never spent on two texts (RFC 3711 9.1). No sequence here wraps.
    private static bool NoteText(Dictionary<(uint Ssrc, ushort Sequence), byte[]> texts, byte[] datagram)
    {
        if (datagram[0] >> 6 != 2 || datagram[1] is >= 192 and <= 223)
            return false;

        (uint, ushort) key = (BinaryPrimitives.ReadUInt32BigEndian(datagram.AsSpan(8)), BinaryPrimitives.ReadUInt16BigEndian(datagram.AsSpan(2)));
        if (!texts.TryAdd(key, datagram))
            Assert.Equal(texts[key], datagram);
        return false;
    }

    private static void Degrade(PeerPair pair, double loss)
    {
        var conditions = new LinkConditions(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(5), loss, Duplication: 0.02);
        (pair.ToServer.Conditions, pair.ToClient.Conditions) = (conditions, conditions);
    }

    private static void Restore(PeerPair pair)
    {
        var conditions = new LinkConditions(TimeSpan.FromMilliseconds(5));
        (pair.ToServer.Conditions, pair.ToClient.Conditions) = (conditions, conditions);
    }

    private static PeerPair Connect(bool clientPublishes, Shape shape, params PayloadFormat[] formats)
    {
        var pair = new PeerPair(clientPublishes, seed: 5, videoFormats: formats, changeOffer: offer => shape switch
        {
            Shape.WithoutRtx => offer.With(" rtx/90000", " ulpfec/90000"),
            Shape.WithRtxOfUnknownSource => offer.Without("a=ssrc").Without("a=extmap"),
            _ => offer,
        });
        pair.Connect();
        return pair;
    }

    private List<byte[]> Send(PeerPair pair, bool clientPublishes, int count, PayloadFormat format)
    {
        PeerConnection sender = (clientPublishes ? pair.Client : pair.Server).Peer;
        var sent = new List<byte[]>();
        for (int i = 0; i < count; i++)
        {
            bool keyFrame = i == 0;
            int bytes = keyFrame ? 12_000 : 500 + (i * 997 % 4000);
            byte[] picture = format == PayloadFormat.H264 ? H264(keyFrame, bytes, i) : keyFrame ? Vp8Tests.KeyFrame(bytes) : Vp8Tests.Delta(bytes);
            PacketizedFrame frame = Packetize(picture, format, pair.Now, keyFrame);
            Assert.True(sender.WriteFrame(pair.Now, frame));
            frame.Release();
            sent.Add(picture);
            pair.Flush();
            pair.Run(s_frameInterval);
        }

        return sent;
    }

    private PacketizedFrame Packetize(byte[] picture, PayloadFormat format, TimeSpan mediaTime, bool keyFrame)
    {
        PacketizedFrame frame = new(_ => _outstanding--);
        _outstanding++;
        frame.Begin(MediaKind.Video, mediaTime, keyFrame, mediaTime);
        if (format == PayloadFormat.H264)
            H264Packetizer.Packetize(picture, frame);
        else
            _vp8.Packetize(picture, frame);
        return frame;
    }

    private static byte[] H264(bool keyFrame, int bytes, int seed)
    {
        byte[] slice = new byte[bytes];
        new Random(seed).NextBytes(slice);
        for (int i = 0; i < slice.Length; i++)
            slice[i] |= 0x10;
        slice[0] = (byte)(keyFrame ? 0x65 : 0x41);
        byte[] start = [0, 0, 0, 1];
        return keyFrame ? [.. start, 0x67, 0x42, 0xE0, 0x1F, 0x11, .. start, 0x68, 0xCE, 0x3C, 0x80, .. start, .. slice] : [.. start, .. slice];
    }

    /// <summary>Both media halves joined by memory, without a connection: of each frame the second packet is lost and sent again.</summary>
    private sealed class EncryptedPath : IDisposable
    {
        private readonly MediaSender _sender;
        private readonly MediaReceiver _receiver;
        private readonly byte[] _slab = new byte[1 << 16];
        private readonly byte[] _picture = new byte[1 << 16];
        private TimeSpan _now;

        public EncryptedPath(NegotiatedSession from, NegotiatedSession to)
        {
            _sender = new MediaSender(from, ntpEpoch: 0);
            _receiver = new MediaReceiver(to);
            _sender.Start(SrtpProfile.AeadAes128Gcm, new byte[16], new byte[12]);
            _receiver.Start(SrtpProfile.AeadAes128Gcm, new byte[16], new byte[12]);
        }

        public MediaStatistics ReceivedVideo => _receiver.GetStatistics(MediaKind.Video);

        public void Send(PacketizedFrame frame, int count)
        {
            for (int i = 0; i < count; i++)
            {
                _now += s_frameInterval;
                Assert.True(_sender.Enqueue(frame, frame.MediaTime, isReplayed: false));
                Transfer(lost: 1);
                _now += TimeSpan.FromMilliseconds(20);
                while (WriteRtcp() is > 0 and int byteCount)
                {
                    var reader = new RtcpReader(_slab.AsSpan(0, byteCount));
                    while (reader.MoveNext())
                        _sender.HandleFeedback(_now, reader.Current);
                }

                Transfer(lost: -1);
                Assert.True(_receiver.TryReadFrame(_picture, out _));
            }
        }

        public void Dispose()
        {
            _sender.Dispose();
            _receiver.Dispose();
        }

        private int WriteRtcp()
        {
            var writer = new RtcpWriter(_slab);
            _receiver.WriteRtcp(_now, ref writer);
            return writer.ByteCount;
        }

        private void Transfer(int lost)
        {
            int number = 0;
            while (_sender.WriteRtp(_now, _slab, out int segmentBytes) is > 0 and int byteCount)
            {
                for (int offset = 0; offset < byteCount; offset += segmentBytes)
                {
                    if (number++ != lost)
                        Assert.True(_receiver.HandleRtp(_now, _slab.AsSpan(offset, Math.Min(segmentBytes, byteCount - offset))));
                }
            }
        }
    }
}
