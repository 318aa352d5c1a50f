using ComfyStream.WebRtc.Packetization;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Packetization;

/// <summary>VP8 over RTP (RFC 7741).</summary>
public sealed class Vp8Tests
{
    // Frame tag of a key frame, start code, 320 x 240 (RFC 6386 9.1).
    private static readonly byte[] _keyFrameHeader = [0x10, 0, 0, 0x9D, 0x01, 0x2A, 0x40, 0x01, 0xF0, 0x00];

    [Theory]
    [InlineData(1)]
    [InlineData(1154)]
    [InlineData(1155)]
    [InlineData(50_000)]
    public void A_picture_comes_through_whole_in_packets_of_one_size(int bytes)
    {
        byte[] picture = Delta(bytes);
        PacketizedFrame frame = Packetize(new Vp8Packetizer(7), picture);

        Assert.Equal((bytes + 1153) / 1154, frame.PacketCount);
        for (int i = 1; i < frame.PacketCount - 1; i++)
            Assert.Equal(frame.GetPayload(0).Length, frame.GetPayload(i).Length);
        Assert.InRange(frame.GetPayload(frame.PacketCount - 1).Length, 5, frame.GetPayload(0).Length);
        Assert.Equal(picture, Depacketize(frame, out bool isKeyFrame));
        Assert.False(isKeyFrame);
    }

    [Fact]
    public void Only_the_first_packet_starts_the_frame_and_all_carry_its_long_number()
    {
        PacketizedFrame frame = Packetize(new Vp8Packetizer(0x1234), Delta(3000));

        Assert.Equal(3, frame.PacketCount);
        Assert.Equal([0x90, 0x80, 0x92, 0x34], frame.GetPayload(0)[..4].ToArray());
        Assert.Equal([0x80, 0x80, 0x92, 0x34], frame.GetPayload(1)[..4].ToArray());
        Assert.Equal([0x80, 0x80, 0x92, 0x34], frame.GetPayload(2)[..4].ToArray());
    }

    [Fact]
    public void Pictures_of_one_output_are_numbered_on_over_the_wrap_and_empty_ones_take_no_number()
    {
        Vp8Packetizer packetizer = new(0xFFFE);
        Assert.Equal(0x7FFE, NumberOf(Packetize(packetizer, Delta(10))));
        Assert.Equal(0x7FFF, NumberOf(Packetize(packetizer, KeyFrame(2000))));
        Assert.Equal(0, Packetize(packetizer, []).PacketCount);
        Assert.Equal(0, NumberOf(Packetize(packetizer, Delta(10))));
        Assert.Equal(1, NumberOf(Packetize(packetizer, Delta(10))));

        static int NumberOf(PacketizedFrame frame)
        {
            Assert.True(Vp8PayloadDescriptor.TryParse(frame.GetPayload(frame.PacketCount - 1), out Vp8PayloadDescriptor descriptor));
            Assert.Equal(15, descriptor.PictureIdBits);
            return descriptor.PictureId;
        }
    }

    [Fact]
    public void A_frame_is_of_one_codec_which_its_packetizer_says()
    {
        PacketizedFrame frame = Begin();
        Assert.Equal((PayloadFormat.H264, MediaKind.Video), (frame.Format, frame.Kind));
        new Vp8Packetizer(1).Packetize(Delta(10), frame);
        Assert.Equal((PayloadFormat.Vp8, MediaKind.Video), (frame.Format, frame.Kind));
        Assert.Throws<InvalidOperationException>(() => H264Packetizer.Packetize([0, 0, 1, 0x65, 1], frame));
        Assert.Throws<InvalidOperationException>(() => OpusPacketizer.Packetize([1], Begin()));

        frame.Begin(MediaKind.Video, default, isKeyFrame: true, default);
        H264Packetizer.Packetize([0, 0, 1, 0x65, 1], frame);
        Assert.Equal(PayloadFormat.H264, frame.Format);
        frame.Begin(MediaKind.Audio, default, isKeyFrame: true, default);
        Assert.Equal((PayloadFormat.Opus, MediaKind.Audio), (frame.Format, frame.Kind));
        Assert.Throws<InvalidOperationException>(() => new Vp8Packetizer(1).Packetize(Delta(10), frame));
    }

    [Theory]
    [InlineData(new byte[] { 0x10, 1 }, 1, -1, 0, -1, -1, -1)]
    [InlineData(new byte[] { 0x90, 0x80, 0x11, 1 }, 3, 0x11, 7, -1, -1, -1)]
    [InlineData(new byte[] { 0x90, 0x80, 0x81, 0x02, 1 }, 4, 0x102, 15, -1, -1, -1)]
    [InlineData(new byte[] { 0x90, 0xC0, 0x11, 0xFE, 1 }, 4, 0x11, 7, 0xFE, -1, -1)]
    [InlineData(new byte[] { 0x90, 0xF0, 0xFF, 0xFF, 0xFE, 0xA5, 1 }, 6, 0x7FFF, 15, 0xFE, 2, 5)]
    [InlineData(new byte[] { 0x90, 0x20, 0x40, 1 }, 3, -1, 0, -1, 1, -1)]
    [InlineData(new byte[] { 0x90, 0x10, 0x5F, 1 }, 3, -1, 0, -1, -1, 0x1F)]
    [InlineData(new byte[] { 0x90, 0x40, 0x07, 1 }, 3, -1, 0, 7, -1, -1)]
    [InlineData(new byte[] { 0x90, 0x00, 1 }, 2, -1, 0, -1, -1, -1)]
    public void Every_form_of_the_descriptor_is_read(byte[] payload, int length, int pictureId, int bits, int baseIndex, int temporalId, int keyIndex)
    {
        Assert.True(Vp8PayloadDescriptor.TryParse(payload, out Vp8PayloadDescriptor descriptor));
        Assert.True(descriptor.StartsFrame);
        Assert.Equal((length, pictureId, bits), (descriptor.LengthBytes, descriptor.PictureId, descriptor.PictureIdBits));
        Assert.Equal((baseIndex, temporalId, keyIndex), (descriptor.TemporalBaseIndex, descriptor.TemporalId, descriptor.KeyIndex));

        for (int cut = 0; cut < payload.Length; cut++)
            Assert.False(Vp8PayloadDescriptor.TryParse(payload.AsSpan(0, cut), out _));
    }

    [Theory]
    [InlineData(0x00)] // goes on in the first partition
    [InlineData(0x11)] // starts another partition
    [InlineData(0x01)]
    public void Other_packets_than_the_first_do_not_start_a_frame(byte first) => Assert.False(Vp8Depacketizer.StartsFrame([first, 1]));

    [Fact]
    public void A_non_reference_picture_and_a_layer_sync_are_told()
    {
        Assert.True(Vp8PayloadDescriptor.TryParse([0xB0, 0x20, 0x60, 1], out Vp8PayloadDescriptor descriptor));
        Assert.True(descriptor is { IsNonReference: true, IsLayerSync: true, TemporalId: 1 });
    }

    [Fact]
    public void A_key_frame_is_known_by_its_header()
    {
        Assert.NotNull(Depacketize(Packetize(new Vp8Packetizer(1), KeyFrame(3000)), out bool isKeyFrame));
        Assert.True(isKeyFrame);

        Vp8Depacketizer withoutStartCode = new(default);
        Assert.False(withoutStartCode.TryAdd([0x10, 0x10, 0, 0, 1, 2, 3, 4, 5, 6, 7]));
        Vp8Depacketizer cutShort = new(default);
        Assert.False(cutShort.TryAdd([0x10, .. _keyFrameHeader[..9]]));
    }

    [Fact]
    public void A_frame_whose_start_is_missing_or_comes_twice_is_broken()
    {
        PacketizedFrame frame = Packetize(new Vp8Packetizer(1), Delta(3000));
        Vp8Depacketizer headless = new(default);
        Assert.False(headless.TryAdd(frame.GetPayload(1)));

        Vp8Depacketizer twice = new(default);
        Assert.True(twice.TryAdd(frame.GetPayload(0)));
        Assert.True(twice.TryAdd(frame.GetPayload(1)));
        Assert.False(twice.TryAdd(frame.GetPayload(0)));
    }

    [Fact]
    public void Partitions_that_senders_split_the_frame_at_are_joined()
    {
        byte[] memory = new byte[10];
        Vp8Depacketizer depacketizer = new(memory);
        Assert.True(depacketizer.TryAdd([0x10, 1, 2]));
        Assert.True(depacketizer.TryAdd([0x11, 3]));
        Assert.True(depacketizer.TryAdd([0x01, 4]));
        Assert.True(depacketizer.TryAdd([0x12, 5]));

        Assert.Equal([1, 2, 3, 4, 5], memory[..depacketizer.ByteCount]);
    }

    [Fact]
    public void Truncated_and_mutated_payloads_never_throw_and_measure_what_they_write()
    {
        Random random = new(5);
        PacketizedFrame frame = Packetize(new Vp8Packetizer(1), KeyFrame(400), maxPayloadBytes: 100);
        byte[][] valid = [.. Enumerable.Range(0, frame.PacketCount).Select(i => frame.GetPayload(i).ToArray())];
        valid[1] = [0x80, 0xF0, 0x81, 0x02, 0x33, 0x44, .. valid[1][4..]];
        for (int round = 0; round < 30_000; round++)
        {
            byte[][] payloads = [.. valid];
            int victim = random.Next(payloads.Length);
            payloads[victim] = round < 1000 ? payloads[victim][..random.Next(payloads[victim].Length)] : Mutation.Of(payloads[victim], random);

            byte[] memory = new byte[1000];
            Vp8Depacketizer writing = new(memory);
            Vp8Depacketizer measuring = new(default);
            foreach (byte[] payload in payloads)
            {
                int before = writing.ByteCount;
                Assert.Equal(writing.TryAdd(payload), measuring.TryAdd(payload));
                Assert.Equal(writing.ByteCount, measuring.ByteCount);
                Assert.InRange(writing.ByteCount - before, 0, payload.Length);
            }
        }
    }

    internal static byte[] KeyFrame(int bytes) => [.. _keyFrameHeader, .. Delta(bytes)];

    internal static byte[] Delta(int bytes)
    {
        byte[] picture = new byte[bytes];
        new Random(bytes).NextBytes(picture);
        picture[0] |= 1;
        return picture;
    }

    private static PacketizedFrame Begin()
    {
        PacketizedFrame frame = new(_ => { });
        frame.Begin(MediaKind.Video, default, isKeyFrame: true, default);
        return frame;
    }

    private static PacketizedFrame Packetize(Vp8Packetizer packetizer, byte[] picture, int maxPayloadBytes = H264Packetizer.DefaultMaxPayloadBytes)
    {
        PacketizedFrame frame = Begin();
        Assert.Equal(packetizer.Packetize(picture, frame, maxPayloadBytes), frame.PacketCount);
        return frame;
    }

    private static byte[] Depacketize(PacketizedFrame frame, out bool isKeyFrame)
    {
        byte[] memory = new byte[frame.Payloads.Length];
        Vp8Depacketizer depacketizer = new(memory);
        for (int i = 0; i < frame.PacketCount; i++)
            Assert.True(depacketizer.TryAdd(frame.GetPayload(i)));
        isKeyFrame = depacketizer.IsKeyFrame;
        return memory[..depacketizer.ByteCount];
    }
}
