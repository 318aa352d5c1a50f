using System.Buffers.Binary;
using ComfyStream.Transport.Tcp;

namespace ComfyStream.Transport.Tests.Tcp;

public sealed class StreamFrameReaderTests
{
    private static readonly int[] _sizes = [1, 2, 3, 20, 255, 256, 1200, StreamFrameReader.MaxPacketBytes];

    [Fact]
    public void Row_4_4_1_packets_are_found_however_the_stream_is_cut()
    {
        byte[][] packets = [.. _sizes.Select(size => Loopback.Pattern(size, size))];
        byte[] stream = Frame(packets);
        foreach (int piece in (int[])[1, 2, 3, 7, 100, 1201, 2049, 2050, 2051, stream.Length])
            Assert.Equal(packets, ReadAll(stream, piece, out _));
    }

    [Fact]
    public void Row_4_4_1_every_truncation_gives_the_packets_before_it_and_the_rest_completes_the_next()
    {
        byte[][] packets = [Loopback.Pattern(5), Loopback.Pattern(300), Loopback.Pattern(1)];
        byte[] stream = Frame(packets);
        for (int cut = 0; cut <= stream.Length; cut++)
        {
            var reader = new StreamFrameReader();
            List<byte[]> read = Read(reader, stream[..cut]);
            Assert.Equal(packets.Take(read.Count), read);
            Assert.Equal(cut == stream.Length ? 3 : cut >= 309 ? 2 : cut >= 7 ? 1 : 0, read.Count);
            read.AddRange(Read(reader, stream[cut..]));
            Assert.Equal(packets, read);
            Assert.False(reader.IsBroken);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(StreamFrameReader.MaxPacketBytes + 1)]
    [InlineData(0xFFFF)]
    public void Row_4_4_1_a_length_that_cannot_be_breaks_the_stream_for_good(int length)
    {
        byte[] broken = new byte[StreamFrameReader.LengthBytes];
        BinaryPrimitives.WriteUInt16BigEndian(broken, (ushort)length);
        byte[] stream = [.. Frame([Loopback.Pattern(9)]), .. broken, .. Frame([Loopback.Pattern(9)])];
        foreach (int piece in (int[])[1, 2, 5, stream.Length])
        {
            Assert.Single(ReadAll(stream, piece, out StreamFrameReader reader));
            Assert.True(reader.IsBroken);
            Assert.Empty(Read(reader, Frame([Loopback.Pattern(9)])));
        }
    }

    [Fact]
    public void Row_4_4_1_mutated_streams_never_throw_and_whatever_is_read_does_not_depend_on_the_cuts()
    {
        var random = new Random(4571);
        byte[] valid = Frame([.. _sizes.Select(size => Loopback.Pattern(size, size))]);
        int broken = 0;
        for (int round = 0; round < 3000; round++)
        {
            byte[] stream = valid[..random.Next(valid.Length)];
            for (int change = random.Next(4); change > 0 && stream.Length > 0; change--)
                stream[random.Next(Math.Min(stream.Length, 40))] = (byte)random.Next(256);

            List<byte[]> whole = ReadAll(stream, stream.Length + 1, out StreamFrameReader atOnce);
            List<byte[]> pieces = ReadAll(stream, 1 + random.Next(40), out StreamFrameReader inPieces);
            Assert.Equal(whole, pieces);
            Assert.Equal(atOnce.IsBroken, inPieces.IsBroken);
            Assert.All(whole, packet => Assert.InRange(packet.Length, 1, StreamFrameReader.MaxPacketBytes));
            broken += atOnce.IsBroken ? 1 : 0;
        }

        Assert.InRange(broken, 300, 2900);
    }

    [Fact]
    public void A_packet_may_be_changed_in_place_without_harm_to_the_next()
    {
        byte[] stream = Frame([Loopback.Pattern(10, 1), Loopback.Pattern(10, 2)]);
        var reader = new StreamFrameReader();
        Span<byte> input = stream;
        Assert.True(reader.TryRead(ref input, out Span<byte> first));
        first.Fill(0xFF);
        Assert.True(reader.TryRead(ref input, out Span<byte> second));
        Assert.Equal(Loopback.Pattern(10, 2), second.ToArray());
    }

    internal static byte[] Frame(IEnumerable<byte[]> packets) =>
        [.. packets.SelectMany(packet => (byte[])[(byte)(packet.Length >> 8), (byte)packet.Length, .. packet])];

    private static List<byte[]> ReadAll(byte[] stream, int pieceBytes, out StreamFrameReader reader)
    {
        reader = new StreamFrameReader();
        var packets = new List<byte[]>();
        foreach (byte[] piece in stream.Chunk(pieceBytes))
            packets.AddRange(Read(reader, piece));
        return packets;
    }

    private static List<byte[]> Read(StreamFrameReader reader, byte[] bytes)
    {
        var packets = new List<byte[]>();
        Span<byte> input = (byte[])bytes.Clone();
        while (reader.TryRead(ref input, out Span<byte> packet))
            packets.Add(packet.ToArray());
        Assert.True(input.IsEmpty || reader.IsBroken);
        return packets;
    }
}
