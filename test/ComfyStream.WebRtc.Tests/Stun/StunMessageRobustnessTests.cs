using ComfyStream.WebRtc.Stun;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Stun;

public sealed class StunMessageRobustnessTests
{
    public static TheoryData<string> Names => ["request", "response4", "response6", "nomination", "error"];

    [Theory]
    [MemberData(nameof(Names))]
    public void No_truncation_is_accepted(string name)
    {
        byte[] datagram = Seed(name);
        for (int length = 0; length < datagram.Length; length++)
        {
            byte[] truncated = datagram[..length];
            Assert.False(StunMessage.TryParse(truncated, out _));
            Assert.False(StunMessage.TryReadUserFragment(truncated, out _));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void No_truncation_with_its_length_put_right_is_authentic(string name)
    {
        byte[] datagram = Seed(name);
        for (int length = 20; length < datagram.Length - 8; length++)
        {
            byte[] truncated = datagram[..length];
            truncated[2] = (byte)((length - 20) >> 8);
            truncated[3] = (byte)(length - 20);
            if (StunMessage.TryParse(truncated, out StunMessage message))
                Assert.False(message.VerifyIntegrity(Rfc5769.Password));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void No_changed_bit_stays_unnoticed(string name)
    {
        byte[] datagram = Seed(name);
        for (int bit = 0; bit < datagram.Length * 8; bit++)
        {
            byte[] changed = [.. datagram];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            bool isAccepted = StunMessage.TryParse(changed, out StunMessage message)
                && message.HasFingerprint
                && message.VerifyFingerprintIfPresent()
                && message.VerifyIntegrity(Rfc5769.Password);
            Assert.False(isAccepted, $"bit {bit % 8} of byte {bit / 8}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Whatever_is_accepted_after_random_changes_is_consistent(string name)
    {
        var random = new Random(5769);
        byte[] seed = Seed(name);
        int acceptedCount = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] datagram = Mutate(seed, random);
            if (StunMessage.TryParse(datagram, out StunMessage message))
            {
                acceptedCount++;
                AssertConsistent(datagram, message);
            }

            if (StunMessage.TryReadUserFragment(datagram, out ReadOnlySpan<byte> userFragment))
                Assert.False(userFragment.IsEmpty || userFragment.Contains((byte)':'));
        }

        Assert.InRange(acceptedCount, 100, 20_000);
    }

    [Fact]
    public void Random_bytes_never_throw()
    {
        var random = new Random(8489);
        for (int round = 0; round < 20_000; round++)
        {
            var datagram = new byte[random.Next(0, 120)];
            random.NextBytes(datagram);
            if (StunMessage.TryParse(datagram, out StunMessage message))
                AssertConsistent(datagram, message);
            StunMessage.TryReadUserFragment(datagram, out _);
        }
    }

    internal static byte[] Mutate(byte[] seed, Random random)
    {
        byte[] datagram = [.. seed];
        for (int changes = random.Next(1, 5); changes > 0; changes--)
            datagram[random.Next(datagram.Length)] = (byte)random.Next(256);
        if (random.Next(4) == 0)
            datagram = datagram[..random.Next(datagram.Length + 1)];
        if (random.Next(2) == 0 && datagram.Length >= 20)
        {
            datagram = datagram[..(datagram.Length & ~3)];
            datagram[2] = (byte)((datagram.Length - 20) >> 8);
            datagram[3] = (byte)(datagram.Length - 20);
        }

        return datagram;
    }

    private static void AssertConsistent(byte[] datagram, in StunMessage message)
    {
        int attributeBytes = 0;
        int unknownCount = 0;
        bool isCovered = true;
        foreach (StunAttribute attribute in message.Attributes)
        {
            Assert.Equal(20 + attributeBytes, attribute.Offset);
            attributeBytes += 4 + ((attribute.Value.Length + 3) & ~3);
            isCovered &= attribute.Type != StunAttributeType.MessageIntegrity;
            if (isCovered && (ushort)attribute.Type < 0x8000 && !Enum.IsDefined(attribute.Type))
                unknownCount++;
        }

        Assert.Equal(datagram.Length, 20 + attributeBytes);
        Assert.Equal(unknownCount, message.UnknownRequiredCount);
        Assert.Equal(Math.Min(unknownCount, 4), message.ReadUnknownRequired(new ushort[4]));
        message.VerifyFingerprintIfPresent();
        Assert.True(message.HasIntegrity || !message.VerifyIntegrity(Rfc5769.Password));
        if (message.ErrorCode is { } code)
            Assert.InRange((int)code, 300, 699);
    }

    private static byte[] Seed(string name) => name switch
    {
        "request" => Rfc5769.Request,
        "response4" => Rfc5769.IPv4Response,
        "response6" => Rfc5769.IPv6Response,
        "nomination" => StunDatagram.Request("abcd:efgh").WithPriority().WithUseCandidate().WithControlling()
            .WithIntegrity("VOkJxbRl1RmTxUk/WvJxBt").WithFingerprint().Build(),
        "error" => new StunDatagram(0x0111).With(0x0009, 0, 0, 4, 87, (byte)'R').With(0x000A, 0x7F, 1)
            .WithIntegrity("VOkJxbRl1RmTxUk/WvJxBt").WithFingerprint().Build(),
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };
}
