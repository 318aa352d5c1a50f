using Xunit;

namespace ComfyStream.WebRtc.Tests;

public sealed class DatagramClassifierTests
{
    // T1: first byte, and the least length of each protocol.
    [Theory]
    [InlineData(0, DatagramKind.Stun)]
    [InlineData(3, DatagramKind.Stun)]
    [InlineData(4, DatagramKind.Unknown)]
    [InlineData(15, DatagramKind.Unknown)]
    [InlineData(16, DatagramKind.Unknown)]
    [InlineData(19, DatagramKind.Unknown)]
    [InlineData(20, DatagramKind.Dtls)]
    [InlineData(63, DatagramKind.Dtls)]
    [InlineData(64, DatagramKind.Unknown)]
    [InlineData(79, DatagramKind.Unknown)]
    [InlineData(127, DatagramKind.Unknown)]
    [InlineData(128, DatagramKind.Rtp)]
    [InlineData(191, DatagramKind.Rtp)]
    [InlineData(192, DatagramKind.Unknown)]
    [InlineData(255, DatagramKind.Unknown)]
    public void T1_the_first_byte_decides(byte firstByte, DatagramKind expected)
    {
        byte[] datagram = Datagram(firstByte, secondByte: 1, length: 64);

        Assert.Equal(expected, DatagramClassifier.Classify(datagram));
    }

    [Theory]
    [InlineData(191, DatagramKind.Rtp)]
    [InlineData(192, DatagramKind.Rtcp)]
    [InlineData(200, DatagramKind.Rtcp)]
    [InlineData(223, DatagramKind.Rtcp)]
    [InlineData(224, DatagramKind.Rtp)]
    [InlineData(96, DatagramKind.Rtp)]
    public void T1_the_second_byte_tells_rtcp_from_rtp(byte secondByte, DatagramKind expected)
    {
        Assert.Equal(expected, DatagramClassifier.Classify(Datagram(0x80, secondByte, length: 64)));
    }

    [Theory]
    [InlineData(0, 1, 20, DatagramKind.Stun)]
    [InlineData(20, 1, 13, DatagramKind.Dtls)]
    [InlineData(128, 96, 12, DatagramKind.Rtp)]
    [InlineData(128, 200, 8, DatagramKind.Rtcp)]
    public void T4_datagrams_below_the_least_length_are_unknown(byte firstByte, byte secondByte, int leastBytes, DatagramKind kind)
    {
        Assert.Equal(kind, DatagramClassifier.Classify(Datagram(firstByte, secondByte, leastBytes)));
        for (int length = 0; length < leastBytes; length++)
            Assert.Equal(DatagramKind.Unknown, DatagramClassifier.Classify(Datagram(firstByte, secondByte, leastBytes)[..length]));
    }

    [Fact]
    public void T1_stun_needs_the_magic_cookie_and_a_multiple_of_four_bytes()
    {
        byte[] datagram = Datagram(0, 1, length: 24);
        Assert.Equal(DatagramKind.Unknown, DatagramClassifier.Classify(datagram[..^1]));

        datagram[7] ^= 1;
        Assert.Equal(DatagramKind.Unknown, DatagramClassifier.Classify(datagram));
    }

    private static byte[] Datagram(byte firstByte, byte secondByte, int length)
    {
        byte[] datagram = new byte[Math.Max(length, 8)];
        datagram[0] = firstByte;
        datagram[1] = secondByte;
        new byte[] { 0x21, 0x12, 0xA4, 0x42 }.CopyTo(datagram, 4);
        return datagram[..length];
    }
}
