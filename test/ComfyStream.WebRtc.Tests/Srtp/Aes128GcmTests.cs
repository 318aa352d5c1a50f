using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using ComfyStream.WebRtc.Srtp.Ciphers;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Srtp;

public sealed class Aes128GcmTests
{
    /// <summary>Our implementations; those that this processor lacks are not tested on it, the platform's always is.</summary>
    public static TheoryData<string> Implementations
    {
        get
        {
            var names = new TheoryData<string> { "platform" };
            if (Aes128GcmX86.IsSupported)
                names.Add("x86");
            if (Aes128GcmX86.IsSupported && GhashX86.IsWideSupported)
                names.Add("x86 wide");
            return names;
        }
    }

    [Theory]
    [MemberData(nameof(Implementations))]
    public void It_agrees_with_the_platform_at_every_size_in_place_and_apart(string implementation)
    {
        var random = new Random(1);
        for (var byteCount = 0; byteCount <= Aes128Gcm.MaxTextBytes; byteCount += byteCount < 600 ? 1 : 97)
        {
            var sample = Sample.Create(random, byteCount, associatedDataBytes: random.Next(0, 300));
            using var gcm = Create(implementation, sample.Key);

            var ciphertext = new byte[byteCount];
            var tag = new byte[16];
            gcm.Encrypt(sample.Nonce, sample.AssociatedData, sample.Plaintext, ciphertext, tag);
            Assert.Equal(sample.Ciphertext, ciphertext);
            Assert.Equal(sample.Tag, tag);

            var inPlace = sample.Plaintext.ToArray();
            gcm.Encrypt(sample.Nonce, sample.AssociatedData, inPlace, inPlace, tag);
            Assert.Equal(sample.Ciphertext, inPlace);
            Assert.Equal(sample.Tag, tag);

            Assert.True(gcm.TryDecrypt(sample.Nonce, sample.AssociatedData, inPlace, inPlace, tag));
            Assert.Equal(sample.Plaintext, inPlace);
            var apart = new byte[byteCount];
            Assert.True(gcm.TryDecrypt(sample.Nonce, sample.AssociatedData, ciphertext, apart, tag));
            Assert.Equal(sample.Plaintext, apart);
        }
    }

    [Theory]
    [MemberData(nameof(Implementations))]
    public void Nothing_beside_the_text_is_written(string implementation)
    {
        var random = new Random(2);
        for (var byteCount = 0; byteCount < 300; byteCount++)
        {
            var sample = Sample.Create(random, byteCount, associatedDataBytes: 12);
            using var gcm = Create(implementation, sample.Key);
            var buffer = new byte[byteCount + 64];
            buffer.AsSpan().Fill(0xA5);
            gcm.Encrypt(sample.Nonce, sample.AssociatedData, sample.Plaintext, buffer.AsSpan(32, byteCount), new byte[16]);
            Assert.True(buffer.AsSpan(0, 32).IndexOfAnyExcept((byte)0xA5) < 0);
            Assert.True(buffer.AsSpan(32 + byteCount).IndexOfAnyExcept((byte)0xA5) < 0);
        }
    }

    [Theory]
    [MemberData(nameof(Implementations))]
    public void A_change_of_any_bit_is_found(string implementation)
    {
        var sample = Sample.Create(new Random(3), byteCount: 150, associatedDataBytes: 20);
        using var gcm = Create(implementation, sample.Key);
        byte[][] parts = [sample.Ciphertext, sample.AssociatedData, sample.Tag];
        foreach (var part in parts)
        {
            for (var bit = 0; bit < 8 * part.Length; bit++)
            {
                part[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.False(gcm.TryDecrypt(sample.Nonce, sample.AssociatedData, sample.Ciphertext, new byte[150], sample.Tag));
                part[bit / 8] ^= (byte)(1 << (bit % 8));
            }
        }
        Assert.True(gcm.TryDecrypt(sample.Nonce, sample.AssociatedData, sample.Ciphertext, new byte[150], sample.Tag));
    }

    [Theory]
    [MemberData(nameof(Implementations))]
    public void A_text_longer_than_the_counter_allows_is_refused(string implementation)
    {
        using var gcm = Create(implementation, new byte[16]);
        var text = new byte[Aes128Gcm.MaxTextBytes + 1];
        Assert.Throws<ArgumentOutOfRangeException>(() => gcm.Encrypt(default, [], text, text, new byte[16]));
    }

    [Theory]
    [MemberData(nameof(Implementations))]
    public void After_dispose_it_refuses_to_work(string implementation)
    {
        var gcm = Create(implementation, new byte[16]);
        gcm.Dispose();
        Assert.Throws<ObjectDisposedException>(() => gcm.Encrypt(default, [], [], [], new byte[16]));
    }

    private static Aes128Gcm Create(string implementation, byte[] key) => implementation switch
    {
        "x86" => new Aes128GcmX86(key, wide: false),
        "x86 wide" => new Aes128GcmX86(key, wide: true),
        _ => new Aes128GcmPlatform(key),
    };

    private sealed record Sample(byte[] Key, Vector128<byte> Nonce, byte[] AssociatedData, byte[] Plaintext, byte[] Ciphertext, byte[] Tag)
    {
        public static Sample Create(Random random, int byteCount, int associatedDataBytes)
        {
            byte[] Bytes(int count)
            {
                var bytes = new byte[count];
                random.NextBytes(bytes);
                return bytes;
            }

            var (key, nonce, associatedData, plaintext) = (Bytes(16), Bytes(12), Bytes(associatedDataBytes), Bytes(byteCount));
            var (ciphertext, tag) = (new byte[byteCount], new byte[16]);
            using var reference = new AesGcm(key, 16);
            reference.Encrypt(nonce, plaintext, ciphertext, tag, associatedData);
            return new Sample(key, Vector128.Create((byte[])[.. nonce, 0, 0, 0, 0]), associatedData, plaintext, ciphertext, tag);
        }
    }
}
