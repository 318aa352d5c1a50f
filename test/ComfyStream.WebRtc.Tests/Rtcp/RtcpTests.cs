using System.Text;
using ComfyStream.WebRtc.Rtcp;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Rtcp;

public sealed class RtcpTests
{
    private static readonly ReportBlock _block = new(0x11223344, 128, -2, 0x00030005, 77, 0xA1B2C3D4, 65536);
    private static readonly SenderReport _report = new(0xCAFEBABE, 0x0102030405060708, 0x11121314, 5, 6000);

    [Fact]
    public void A_compound_of_everything_reads_back()
    {
        byte[] bytes = MakeEverything();
        RtcpReader reader = new(bytes);

        Assert.True(reader.MoveNext());
        Assert.True(SenderReport.TryRead(reader.Current, out SenderReport report));
        Assert.Equal(_report, report);
        Assert.True(ReportBlock.TryRead(reader.Current, 0, out ReportBlock block));
        Assert.Equal(_block, block);
        Assert.False(ReportBlock.TryRead(reader.Current, 1, out _));

        Assert.True(reader.MoveNext());
        Assert.True(SourceDescription.TryReadCname(reader.Current, 0, out uint ssrc, out ReadOnlySpan<byte> cname));
        Assert.Equal(0xCAFEBABE, ssrc);
        Assert.Equal("comfy", Encoding.UTF8.GetString(cname));

        Assert.True(reader.MoveNext());
        Assert.Equal(5u, reader.Current.SenderSsrc);
        Assert.True(ReportBlock.TryRead(reader.Current, 1, out block));
        Assert.Equal(_block with { CumulativeLost = 0x7FFFFF }, block);

        Assert.True(reader.MoveNext());
        Assert.True(GenericNack.TryRead(reader.Current, 0, out GenericNack nack));
        Assert.Equal(new GenericNack(1, 2, new NackItem(65535, 0x8001)), nack);
        Assert.True(GenericNack.TryRead(reader.Current, 1, out nack));
        Assert.Equal(new NackItem(7, 0), nack.Item);
        Assert.False(GenericNack.TryRead(reader.Current, 2, out _));
        Assert.False(PictureLossIndication.TryRead(reader.Current, out _));

        Assert.True(reader.MoveNext());
        Assert.True(PictureLossIndication.TryRead(reader.Current, out PictureLossIndication indication));
        Assert.Equal(new PictureLossIndication(1, 2), indication);
        Assert.False(GenericNack.TryRead(reader.Current, 0, out _));

        Assert.True(reader.MoveNext());
        Assert.True(FullIntraRequest.TryRead(reader.Current, 0, out FullIntraRequest request));
        Assert.Equal(new FullIntraRequest(1, 2, 200), request);
        Assert.False(FullIntraRequest.TryRead(reader.Current, 1, out _));

        Assert.True(reader.MoveNext());
        Assert.True(Goodbye.TryRead(reader.Current, 1, out ssrc));
        Assert.Equal(9u, ssrc);
        Assert.False(Goodbye.TryRead(reader.Current, 2, out _));

        Assert.False(reader.MoveNext());
        Assert.False(reader.IsMalformed);
    }

    [Fact]
    public void A_picture_loss_indication_has_the_bytes_of_the_rfc()
    {
        byte[] bytes = new byte[12];
        RtcpWriter writer = new(bytes);

        Assert.True(writer.TryWritePictureLossIndication(0x01020304, 0x05060708));
        Assert.Equal([0x81, 206, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8], bytes);
    }

    [Fact]
    public void A_generic_nack_has_the_bytes_of_the_rfc()
    {
        byte[] bytes = new byte[16];
        RtcpWriter writer = new(bytes);

        Assert.True(writer.TryWriteGenericNack(0x01020304, 0x05060708, [new NackItem(0x1234, 0x8001)]));
        Assert.Equal([0x81, 205, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 0x12, 0x34, 0x80, 0x01], bytes);
    }

    [Theory]
    [InlineData(0, 12)]
    [InlineData(1, 12)]
    [InlineData(2, 16)]
    [InlineData(5, 16)]
    [InlineData(6, 20)]
    [InlineData(255, 268)]
    public void A_canonical_name_of_any_length_ends_with_a_null_at_a_word_boundary(int nameBytes, int packetBytes)
    {
        string name = new('x', nameBytes);
        byte[] bytes = new byte[300];
        Array.Fill(bytes, (byte)0xFF);
        RtcpWriter writer = new(bytes);

        Assert.True(writer.TryWriteCname(1, name));
        Assert.Equal(packetBytes, writer.ByteCount);
        Assert.Equal(0, bytes[packetBytes - 1]);
        RtcpReader reader = new(bytes.AsSpan(0, packetBytes));
        Assert.True(reader.MoveNext());
        Assert.True(SourceDescription.TryReadCname(reader.Current, 0, out _, out ReadOnlySpan<byte> cname));
        Assert.Equal(name, Encoding.UTF8.GetString(cname));
    }

    [Fact]
    public void A_source_description_item_one_byte_too_long_is_refused()
    {
        // The item claims six bytes, five are there.
        byte[] bytes = [0x81, 202, 0, 3, 0, 0, 0, 1, 1, 6, (byte)'a', (byte)'b', (byte)'c', (byte)'d', (byte)'e', (byte)'f'];
        Assert.True(ReadsCname(bytes, 0, out bool isFound));
        Assert.False(isFound); // six bytes, but no end of the list

        bytes[9] = 7;
        Assert.True(ReadsCname(bytes, 0, out isFound));
        Assert.False(isFound);

        bytes[9] = 5;
        bytes[15] = 0;
        Assert.True(ReadsCname(bytes, 0, out isFound));
        Assert.True(isFound);

        static bool ReadsCname(byte[] packet, int index, out bool isFound)
        {
            RtcpReader reader = new(packet);
            bool moved = reader.MoveNext();
            isFound = SourceDescription.TryReadCname(reader.Current, index, out _, out _);
            return moved;
        }
    }

    [Fact]
    public void The_second_chunk_of_a_source_description_is_found_behind_other_items()
    {
        byte[] bytes =
        [
            0x82, 202, 0, 6,
            0, 0, 0, 1, 2, 1, (byte)'n', 0, // NAME only, its null ends at the boundary
            0, 0, 0, 2, 8, 2, 9, 9, 1, 1, (byte)'c', 0, 0, 0, 0, 0,
        ];
        RtcpReader reader = new(bytes);

        Assert.True(reader.MoveNext());
        Assert.True(SourceDescription.TryReadCname(reader.Current, 0, out uint ssrc, out ReadOnlySpan<byte> cname));
        Assert.Equal(1u, ssrc);
        Assert.True(cname.IsEmpty);
        Assert.True(SourceDescription.TryReadCname(reader.Current, 1, out ssrc, out cname));
        Assert.Equal(2u, ssrc);
        Assert.Equal("c", Encoding.UTF8.GetString(cname));
    }

    [Theory]
    [InlineData(200, 28)] // SR with one block claimed but none there
    [InlineData(201, 8)] // RR likewise
    [InlineData(203, 4)] // BYE of one source without it
    [InlineData(202, 4)] // SDES of one chunk without it
    public void A_count_above_the_length_drops_the_rest(byte type, int bytes)
    {
        byte[] compound = new byte[bytes + 12];
        compound[0] = 0x81;
        compound[1] = type;
        compound[3] = (byte)(bytes / 4 - 1);
        new byte[] { 0x81, 206, 0, 2 }.CopyTo(compound, bytes);
        RtcpReader reader = new(compound);

        Assert.False(reader.MoveNext());
        Assert.True(reader.IsMalformed);
    }

    [Fact]
    public void What_stands_before_a_broken_packet_is_returned()
    {
        byte[] compound = [0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0x81, 206, 0, 9, 0, 0, 0, 0];
        RtcpReader reader = new(compound);

        Assert.True(reader.MoveNext());
        Assert.True(PictureLossIndication.TryRead(reader.Current, out _));
        Assert.False(reader.MoveNext());
        Assert.True(reader.IsMalformed);
    }

    [Fact]
    public void An_unknown_type_is_skipped_by_its_length_even_if_that_is_zero()
    {
        byte[] compound = [0x80, 250, 0, 1, 1, 2, 3, 4, 0x80, 199, 0, 0, 0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2];
        RtcpReader reader = new(compound);

        Assert.True(reader.MoveNext());
        Assert.True(reader.MoveNext());
        Assert.True(reader.MoveNext());
        Assert.True(PictureLossIndication.TryRead(reader.Current, out _));
        Assert.False(reader.MoveNext());
        Assert.False(reader.IsMalformed);
    }

    [Theory]
    [InlineData(206)]
    [InlineData(205)]
    [InlineData(200)]
    [InlineData(201)]
    public void A_known_type_of_length_zero_drops_the_rest(byte type)
    {
        RtcpReader reader = new([0x80, type, 0, 0, 0x80, 203, 0, 0]);

        Assert.False(reader.MoveNext());
        Assert.True(reader.IsMalformed);
    }

    [Theory]
    [InlineData(4, true)]
    [InlineData(0, false)]
    [InlineData(3, false)]
    [InlineData(8, false)] // leaves less than the message needs
    [InlineData(16, false)]
    public void Padding_is_taken_off_or_drops_the_rest(byte padding, bool isValid)
    {
        byte[] packet = [0xA1, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, padding];
        RtcpReader reader = new(packet);

        Assert.Equal(isValid, reader.MoveNext());
        Assert.Equal(!isValid, reader.IsMalformed);
        if (isValid)
            Assert.Equal(8, reader.Current.Body.Length);
    }

    [Fact]
    public void Feedback_with_half_an_entry_gives_only_the_whole_ones()
    {
        byte[] fir = [0x84, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 7, 0, 0, 0, 0, 0, 0, 3];
        RtcpReader reader = new(fir);

        Assert.True(reader.MoveNext());
        Assert.True(FullIntraRequest.TryRead(reader.Current, 0, out _));
        Assert.False(FullIntraRequest.TryRead(reader.Current, 1, out _));
        Assert.False(FullIntraRequest.TryRead(reader.Current, -1, out _));
    }

    [Fact]
    public void A_writer_without_room_writes_nothing()
    {
        byte[] everything = MakeEverything();
        for (int room = 0; room < everything.Length; room++)
        {
            byte[] memory = new byte[room];
            RtcpWriter writer = new(memory);
            WriteEverything(ref writer);

            RtcpReader reader = new(memory.AsSpan(0, writer.ByteCount));
            while (reader.MoveNext())
            {
            }

            Assert.False(reader.IsMalformed);
        }

        Assert.False(new RtcpWriter(new byte[8000]).TryWriteReceiverReport(1, new ReportBlock[32]));
    }

    [Fact]
    public void Truncated_and_mutated_compounds_never_throw()
    {
        byte[] valid = MakeEverything();
        for (int length = 0; length <= valid.Length; length++)
            Walk(valid[..length]);

        Random random = new(3);
        for (int round = 0; round < 50_000; round++)
            Walk(Mutation.Of(valid, random));
    }

    private static void Walk(byte[] compound)
    {
        RtcpReader reader = new(compound);
        int consumed = 0;
        while (reader.MoveNext())
        {
            consumed += RtcpPacket.HeaderBytes + reader.Current.Body.Length;
            Assert.True(consumed <= compound.Length);
            _ = reader.Current.SenderSsrc;
            SenderReport.TryRead(reader.Current, out _);
            PictureLossIndication.TryRead(reader.Current, out _);
            for (int i = 0; ReportBlock.TryRead(reader.Current, i, out ReportBlock block); i++)
                Assert.InRange(block.CumulativeLost, -0x800000, 0x7FFFFF);
            for (int i = 0; SourceDescription.TryReadCname(reader.Current, i, out _, out _); i++)
                Assert.True(i < 31);
            for (int i = 0; Goodbye.TryRead(reader.Current, i, out _); i++)
                Assert.True(i < 31);
            for (int i = 0; GenericNack.TryRead(reader.Current, i, out _); i++)
                Assert.True(i < compound.Length);
            for (int i = 0; FullIntraRequest.TryRead(reader.Current, i, out _); i++)
                Assert.True(i < compound.Length);
        }
    }

    private static byte[] MakeEverything()
    {
        byte[] bytes = new byte[512];
        RtcpWriter writer = new(bytes);
        WriteEverything(ref writer);
        return bytes[..writer.ByteCount];
    }

    private static void WriteEverything(ref RtcpWriter writer)
    {
        writer.TryWriteSenderReport(_report, [_block]);
        writer.TryWriteCname(0xCAFEBABE, "comfy");
        writer.TryWriteReceiverReport(5, [_block, _block with { CumulativeLost = 0x7FFFFF }]);
        writer.TryWriteGenericNack(1, 2, [new NackItem(65535, 0x8001), new NackItem(7, 0)]);
        writer.TryWritePictureLossIndication(1, 2);
        writer.TryWriteFullIntraRequest(1, 2, 200);
        writer.TryWriteGoodbye(8, 9);
    }
}
