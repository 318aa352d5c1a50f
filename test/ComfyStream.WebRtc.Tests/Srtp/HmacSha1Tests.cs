using System.Security.Cryptography;
using ComfyStream.WebRtc.Srtp.Ciphers;
using ComfyStream.WebRtc.Srtp.Interop;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Srtp;

public sealed class HmacSha1Tests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void It_agrees_with_the_platform_at_every_size(bool saved)
    {
        Assert.SkipUnless(!saved || LibCryptoSha1.IsSupported, "This libcrypto was built without its deprecated functions.");
        var random = new Random(5);
        for (var byteCount = 0; byteCount < 400; byteCount++)
        {
            var key = new byte[random.Next(0, 65)];
            var message = new byte[byteCount];
            var suffix = new byte[random.Next(0, 5)];
            random.NextBytes(key);
            random.NextBytes(message);
            random.NextBytes(suffix);
            using HmacSha1 hmac = saved ? new HmacSha1Saved(key) : new HmacSha1Platform(key);
            var mac = new byte[HmacSha1.MacBytes];
            for (var repeat = 0; repeat < 2; repeat++)
            {
                hmac.Compute(message, suffix, mac);
                Assert.Equal(HMACSHA1.HashData(key, (byte[])[.. message, .. suffix]), mac);
            }
        }
    }
}
