using ComfyStream.WebRtc.Rtp;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Rtp;

public sealed class RtpHeaderTests
{
    private static readonly byte[] _plain = [0x80, 0xE0, 0x12, 0x34, 0x01, 0x02, 0x03, 0x04, 0xCA, 0xFE, 0xBA, 0xBE, 0xAA, 0xBB];

    // One CSRC; extensions: padding, id 1 with "0", padding, id 2 of three bytes.
    private static readonly byte[] _oneByte =
    [
        0x91, 0x60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 9,
        0xBE, 0xDE, 0, 2, 0x00, 0x10, (byte)'0', 0x00, 0x22, 7, 8, 9,
        0x55,
    ];

    private static readonly byte[] _twoByte =
    [
        0x90, 0x60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3,
        0x10, 0x05, 0, 3, 0x00, 20, 0, 1, 2, (byte)'a', (byte)'b', 15, 1, 0x77, 0, 0,
        0x55,
    ];

    [Fact]
    public void The_fixed_fields_are_read()
    {
        Assert.True(RtpHeader.TryParse(_plain, out RtpHeader header));

        Assert.True(header.Marker);
        Assert.Equal(96, header.PayloadType);
        Assert.Equal(0x1234, header.SequenceNumber);
        Assert.Equal(0x01020304u, header.Timestamp);
        Assert.Equal(0xCAFEBABEu, header.Ssrc);
        Assert.Equal(12, header.LengthBytes);
        Assert.True(header.TryGetPayload(_plain, out ReadOnlySpan<byte> payload));
        Assert.Equal([0xAA, 0xBB], payload.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Another_version_is_refused(int version)
    {
        byte[] packet = [.. _plain];
        packet[0] = (byte)(version << 6);

        Assert.False(RtpHeader.TryParse(packet, out _));
    }

    [Fact]
    public void One_byte_extensions_are_found_behind_contributing_sources_and_padding()
    {
        Assert.True(RtpHeader.TryParse(_oneByte, out RtpHeader header));

        Assert.Equal(28, header.LengthBytes);
        Assert.True(header.TryGetExtension(_oneByte, 1, out ReadOnlySpan<byte> mid));
        Assert.Equal("0"u8.ToArray(), mid.ToArray());
        Assert.True(header.TryGetExtension(_oneByte, 2, out ReadOnlySpan<byte> other));
        Assert.Equal([7, 8, 9], other.ToArray());
        Assert.False(header.TryGetExtension(_oneByte, 3, out _));
        Assert.False(header.TryGetExtension(_oneByte, 0, out _));
    }

    [Fact]
    public void Two_byte_extensions_are_found_whatever_the_application_bits()
    {
        Assert.True(RtpHeader.TryParse(_twoByte, out RtpHeader header));

        Assert.True(header.TryGetExtension(_twoByte, 20, out ReadOnlySpan<byte> empty));
        Assert.True(empty.IsEmpty);
        Assert.True(header.TryGetExtension(_twoByte, 1, out ReadOnlySpan<byte> mid));
        Assert.Equal("ab"u8.ToArray(), mid.ToArray());
        Assert.True(header.TryGetExtension(_twoByte, 15, out ReadOnlySpan<byte> fifteen));
        Assert.Equal([0x77], fifteen.ToArray());
    }

    [Theory]
    [InlineData(0xF0)] // id 15 ends the block
    [InlineData(0x02)] // id 0 with a length does too
    public void Nothing_is_found_behind_an_element_that_ends_the_block(byte element)
    {
        byte[] packet = [.. _oneByte];
        packet[20] = element;

        Assert.True(RtpHeader.TryParse(packet, out RtpHeader header));
        Assert.False(header.TryGetExtension(packet, 1, out _));
    }

    [Fact]
    public void An_element_longer_than_the_block_is_not_found()
    {
        byte[] packet = [.. _oneByte];
        packet[24] = 0x2F;

        Assert.True(RtpHeader.TryParse(packet, out RtpHeader header));
        Assert.False(header.TryGetExtension(packet, 2, out _));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 0)]
    public void Padding_is_taken_off(byte padding, int payloadBytes)
    {
        byte[] packet = [.. _plain];
        packet[0] |= 0x20;
        packet[^1] = padding;

        Assert.True(RtpHeader.TryParse(packet, out RtpHeader header));
        Assert.True(header.TryGetPayload(packet, out ReadOnlySpan<byte> payload));
        Assert.Equal(payloadBytes, payload.Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(255)]
    public void Impossible_padding_is_refused(byte padding)
    {
        byte[] packet = [.. _plain];
        packet[0] |= 0x20;
        packet[^1] = padding;

        Assert.True(RtpHeader.TryParse(packet, out RtpHeader header));
        Assert.False(header.TryGetPayload(packet, out _));
    }

    [Fact]
    public void Padding_without_any_payload_is_refused()
    {
        byte[] packet = _plain[..12];
        packet[0] |= 0x20;

        Assert.True(RtpHeader.TryParse(packet, out RtpHeader header));
        Assert.False(header.TryGetPayload(packet, out _));
    }

    [Fact]
    public void Every_truncation_is_refused_or_ends_within_the_packet()
    {
        foreach (byte[] whole in new[] { _plain, _oneByte, _twoByte })
        {
            Assert.True(RtpHeader.TryParse(whole, out RtpHeader complete));
            for (int length = 0; length <= whole.Length; length++)
                Assert.Equal(length >= complete.LengthBytes, RtpHeader.TryParse(whole.AsSpan(0, length), out _));
        }
    }

    [Fact]
    public void Mutated_packets_never_throw_and_stay_within_bounds()
    {
        Random random = new(1);
        foreach (byte[] whole in new[] { _plain, _oneByte, _twoByte })
        {
            for (int round = 0; round < 20_000; round++)
            {
                byte[] packet = Mutation.Of(whole, random);
                if (!RtpHeader.TryParse(packet, out RtpHeader header))
                    continue;

                Assert.InRange(header.LengthBytes, 12, packet.Length);
                for (int id = 0; id <= 255; id += id < 16 ? 1 : 17)
                    header.TryGetExtension(packet, id, out _);
                if (header.TryGetPayload(packet, out ReadOnlySpan<byte> payload))
                    Assert.InRange(payload.Length, 0, packet.Length - header.LengthBytes);
            }
        }
    }

    [Theory]
    [InlineData("0", 8)]
    [InlineData("abc", 8)]
    [InlineData("video0", 12)]
    [InlineData("0123456789abcdef", 24)]
    public void A_written_header_carries_the_mid_and_reads_back(string mid, int blockBytes)
    {
        byte[] block = RtpHeaderWriter.MakeExtensionBlock(new HeaderExtensionMap { Mid = 9 }, mid);
        byte[] packet = new byte[64];
        int length = RtpHeaderWriter.Write(packet, marker: true, 111, 65535, 0xFFFFFFFE, 0x80000001, block);

        Assert.Equal(blockBytes, block.Length);
        Assert.Equal(12 + blockBytes, length);
        Assert.True(RtpHeader.TryParse(packet.AsSpan(0, length), out RtpHeader header));
        Assert.Equal(length, header.LengthBytes);
        Assert.True(header.Marker);
        Assert.False(header.HasPadding);
        Assert.Equal(111, header.PayloadType);
        Assert.Equal(65535, header.SequenceNumber);
        Assert.Equal(0xFFFFFFFE, header.Timestamp);
        Assert.Equal(0x80000001, header.Ssrc);
        Assert.True(header.TryGetExtension(packet, 9, out ReadOnlySpan<byte> value));
        Assert.Equal(mid, System.Text.Encoding.UTF8.GetString(value));
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(15, "0")]
    [InlineData(3, "")]
    [InlineData(3, "0123456789abcdefg")]
    public void A_mid_that_was_not_negotiated_or_does_not_fit_is_left_out(byte id, string mid)
    {
        byte[] block = RtpHeaderWriter.MakeExtensionBlock(new HeaderExtensionMap { Mid = id }, mid);
        byte[] packet = new byte[12];

        Assert.Equal(12, RtpHeaderWriter.Write(packet, marker: false, 96, 1, 2, 3, block));
        Assert.Equal([0x80, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3], packet);
    }
}
