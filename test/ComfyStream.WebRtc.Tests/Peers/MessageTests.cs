using ComfyStream.WebRtc.Packetization;

namespace ComfyStream.WebRtc.Tests.Peers;

/// <summary>How many messages (segmented sends) what a viewer is sent takes: each costs as much as several packets.</summary>
public sealed class MessageTests : IDisposable
{
    private static readonly PayloadFormat[] _formats = [PayloadFormat.H264, PayloadFormat.Vp8];
    private readonly PeerPair _pair = new(clientPublishes: false, videoFormats: _formats);
    private readonly Vp8Packetizer _vp8 = new(1);

    public MessageTests()
    {
        _pair.Connect();

        // The first of each kind is followed by a sender report.
        Write(Picture(PayloadFormat.H264, 3000, isKeyFrame: true), Sound(10));
        _pair.Run(TimeSpan.FromMilliseconds(100));
        _pair.Server.Transmits.Clear();
    }

    public static TheoryData<PayloadFormat, int> PicturesOfUpTo16Packets =>
        [.. from format in _formats from count in Enumerable.Range(1, 16) select new TheoryDataRow<PayloadFormat, int>(format, count)];

    public void Dispose() => _pair.Dispose();

    [Theory]
    [MemberData(nameof(PicturesOfUpTo16Packets))]
    public void A_picture_of_up_to_16_packets_and_the_sound_beside_it_are_one_message(PayloadFormat format, int packetCount)
    {
        // Of every length that the last packet can have.
        for (int less = 0; less < 40; less++)
        {
            PacketizedFrame picture = Picture(format, (packetCount * 1140) - less, isKeyFrame: false);
            Assert.Equal(packetCount, picture.PacketCount);
            _pair.Server.Transmits.Clear();

            Write(Sound(160), picture);

            Transmit message = Assert.Single(_pair.Server.Transmits);
            int lastBytes = message.ByteCount % message.SegmentSizeBytes;
            Assert.Equal(packetCount, message.ByteCount / message.SegmentSizeBytes);
            Assert.InRange(lastBytes, 160, 220);
        }
    }

    [Fact]
    public void A_key_frame_is_a_message_for_its_parameter_sets_and_one_for_the_picture()
    {
        Write(Picture(PayloadFormat.H264, 30_000, isKeyFrame: true));

        Assert.Equal(2, _pair.Server.Transmits.Count);
    }

    [Fact]
    public void Sound_does_not_wait_behind_a_key_frame_of_several_messages()
    {
        Write(Picture(PayloadFormat.H264, 100_000, isKeyFrame: true), Sound(160));

        Assert.InRange(_pair.Server.Transmits[0].ByteCount, 160, 220);
        Assert.Equal(1 + 1 + 3, _pair.Server.Transmits.Count);
    }

    [Fact]
    public void Sound_longer_than_the_picture_is_a_message_of_its_own_and_both_arrive()
    {
        Write(Picture(PayloadFormat.H264, 100, isKeyFrame: false), Sound(700));
        _pair.Run(TimeSpan.FromMilliseconds(50));

        Assert.Equal(2, _pair.Server.Transmits.Count);
        Assert.Equal([100, 700], _pair.Client.Frames.TakeLast(2).Select(frame => frame.Info.ByteCount));
    }

    [Fact]
    public void Sound_that_waits_behind_another_packet_of_sound_leaves_after_it()
    {
        Write(Sound(150), Sound(160), Picture(PayloadFormat.H264, 5000, isKeyFrame: false));
        _pair.Run(TimeSpan.FromMilliseconds(50));

        Assert.Equal(2, _pair.Server.Transmits.Count);
        Assert.Equal([10, 150, 160], _pair.Client.Frames.Where(frame => frame.Info.Kind == MediaKind.Audio).Select(frame => frame.Info.ByteCount));
    }

    [Fact]
    public void Padding_arrives_as_what_it_is_and_is_not_counted_as_payload()
    {
        PacketizedFrame picture = Picture(PayloadFormat.H264, 10_001, isKeyFrame: false);
        Assert.True(picture.PaddingBytes > 0);
        long sentBefore = _pair.Server.Peer.GetStatistics().Video.BytesSent;
        int payloadBytes = picture.Payloads.Length;
        byte[] accessUnit = AccessUnit(10_001, isKeyFrame: false);

        Write(picture);
        _pair.Run(TimeSpan.FromMilliseconds(50));

        Assert.Equal(accessUnit, _pair.Client.Frames[^1].Data);
        Assert.Equal(payloadBytes, _pair.Server.Peer.GetStatistics().Video.BytesSent - sentBefore);
    }

    private static byte[] AccessUnit(int byteCount, bool isKeyFrame)
    {
        byte[] start = isKeyFrame
            ? [0, 0, 0, 1, 0x67, 0x42, 0xE0, 0x1F, 0, 0, 0, 1, 0x68, 0xCE, 0, 0, 0, 1, 0x65, 0x88]
            : [0, 0, 0, 1, 0x41, 0x9A];
        byte[] bytes = new byte[byteCount];
        Array.Fill(bytes, (byte)0x55);
        start.CopyTo(bytes, 0);
        return bytes;
    }

    private PacketizedFrame Picture(PayloadFormat format, int byteCount, bool isKeyFrame)
    {
        var frame = new PacketizedFrame(_ => { });
        frame.Begin(MediaKind.Video, _pair.Now, isKeyFrame, _pair.Now);
        if (format == PayloadFormat.H264)
            H264Packetizer.Packetize(AccessUnit(byteCount, isKeyFrame), frame);
        else
            _vp8.Packetize(new byte[byteCount], frame);
        return frame;
    }

    private PacketizedFrame Sound(int byteCount)
    {
        var frame = new PacketizedFrame(_ => { });
        frame.Begin(MediaKind.Audio, _pair.Now, isKeyFrame: true, _pair.Now);
        OpusPacketizer.Packetize(new byte[byteCount], frame);
        return frame;
    }

    private void Write(params PacketizedFrame[] frames)
    {
        foreach (PacketizedFrame frame in frames)
        {
            Assert.True(_pair.Server.Peer.WriteFrame(_pair.Now, frame));
            frame.Release();
        }

        _pair.Flush();
    }
}
