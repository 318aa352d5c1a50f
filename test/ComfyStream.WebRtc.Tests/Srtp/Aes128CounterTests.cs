using System.Runtime.Intrinsics;
using ComfyStream.WebRtc.Srtp.Ciphers;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Srtp;

public sealed class Aes128CounterTests
{
    private static readonly byte[] s_key = Convert.FromHexString("2B7E151628AED2A6ABF7158809CF4F3C");

    /// <summary>Our implementations; the one that this processor lacks is not tested on it.</summary>
    public static TheoryData<bool> Implementations => AesX86.IsSupported ? [true, false] : [false];

    [Theory]
    [MemberData(nameof(Implementations))]
    public void The_key_stream_is_that_of_RFC_3711_B_2(bool x86)
    {
        using var cipher = Create(x86, s_key);
        var initialBlock = Vector128.Create(Convert.FromHexString("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000"));
        var keyStream = new byte[48];
        cipher.Xor(initialBlock, keyStream, keyStream);
        Assert.Equal(
            "E03EAD0935C95E80E166B16DD92B4EB4" + "D23513162B02D0F72A43A2FE4A5F97AB" + "41E95B3BB0A2E8DD477901E4FCA894C0",
            Convert.ToHexString(keyStream));
    }

    [Fact]
    public void Both_implementations_agree_at_every_size_and_write_nothing_else()
    {
        Assert.SkipUnless(AesX86.IsSupported, "This processor has only one implementation.");
        using var ours = Create(x86: true, s_key);
        using var platform = Create(x86: false, s_key);
        var random = new Random(4);
        for (var byteCount = 0; byteCount <= Aes128Counter.MaxTextBytes; byteCount += byteCount < 600 ? 1 : 101)
        {
            var text = new byte[byteCount];
            random.NextBytes(text);
            var initialBlock = Vector128.Create(random.NextInt64(), random.NextInt64() & 0x0000FFFFFFFFFFFF).AsByte();
            var expected = new byte[byteCount];
            platform.Xor(initialBlock, text, expected);
            var buffer = new byte[byteCount + 16];
            ours.Xor(initialBlock, text, buffer.AsSpan(0, byteCount));
            Assert.Equal([.. expected, .. new byte[16]], buffer);
            ours.Xor(initialBlock, text, text);
            Assert.Equal(expected, text);
        }
    }

    private static Aes128Counter Create(bool x86, byte[] key) => x86 ? new Aes128CounterX86(key) : new Aes128CounterPlatform(key);
}
