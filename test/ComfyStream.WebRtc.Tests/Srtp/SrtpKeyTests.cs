using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Srtp;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Srtp;

public sealed class SrtpKeyTests
{
    [Theory]
    [InlineData(SrtpKeyDerivation.RtpEncryptionLabel, "C61E7A93744F39EE10734AFE3FF7A087")]
    [InlineData(SrtpKeyDerivation.RtpSaltLabel, "30CBBC08863D8C85D49DB34A9AE1")]
    [InlineData(SrtpKeyDerivation.RtpAuthenticationLabel, "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA48F0A0ACF3C34E2359E6CDBCEE049646C43D9327AD175578EF72270986371C10C9A369AC2F94A8C5FBCDDDC256D6E919A48B610EF17C2041E474035766B68642C59BBFC2F34DB60DBDFB2")]
    public void Session_keys_are_those_of_RFC_3711_B_3(byte label, string expected)
    {
        var key = new byte[expected.Length / 2];
        SrtpKeyDerivation.Derive(
            Convert.FromHexString("E1F97A0D3E018BE0D64FA32C06DE4139"), Convert.FromHexString("0EC675AD498AFEEBB6960B3AABE6"), label, key);
        Assert.Equal(expected, Convert.ToHexString(key));
    }

    [Theory]
    [InlineData(SrtpProfile.AeadAes128Gcm, 12)]
    [InlineData(SrtpProfile.Aes128CmHmacSha1_80, 14)]
    public void What_one_role_sends_with_is_what_the_other_receives_with(object profile, int saltBytes)
    {
        var exported = Enumerable.Range(1, 32 + (2 * saltBytes)).Select(i => (byte)i).ToArray();
        var client = new SrtpKeyingMaterial((SrtpProfile)profile, DtlsRole.Client, exported);
        var server = new SrtpKeyingMaterial((SrtpProfile)profile, DtlsRole.Server, exported);
        // RFC 5764 4.2: client key, server key, client salt, server salt.
        Assert.Equal(exported[..16], client.SendMasterKey.ToArray());
        Assert.Equal(exported[16..32], client.ReceiveMasterKey.ToArray());
        Assert.Equal(exported.AsSpan(32, saltBytes).ToArray(), client.SendMasterSalt.ToArray());
        Assert.Equal(exported.AsSpan(32 + saltBytes).ToArray(), client.ReceiveMasterSalt.ToArray());
        Assert.Equal(client.SendMasterKey.ToArray(), server.ReceiveMasterKey.ToArray());
        Assert.Equal(client.ReceiveMasterKey.ToArray(), server.SendMasterKey.ToArray());
        Assert.Equal(client.SendMasterSalt.ToArray(), server.ReceiveMasterSalt.ToArray());
        Assert.Equal(client.ReceiveMasterSalt.ToArray(), server.SendMasterSalt.ToArray());
    }

    [Fact]
    public void Cleared_keys_are_gone()
    {
        var keys = new SrtpKeyingMaterial(SrtpProfile.AeadAes128Gcm, DtlsRole.Client, Enumerable.Repeat((byte)7, 56).ToArray());
        keys.Clear();
        Assert.Equal(new byte[16], keys.SendMasterKey.ToArray());
        Assert.Equal(new byte[12], keys.ReceiveMasterSalt.ToArray());
    }
}
