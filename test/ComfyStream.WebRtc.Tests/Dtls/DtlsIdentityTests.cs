using ComfyStream.WebRtc.Dtls;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Dtls;

public sealed class DtlsIdentityTests
{
    [Fact]
    public void Each_identity_has_its_own_SHA_256_fingerprint()
    {
        Assert.Equal("sha-256", DtlsPair.ClientIdentity.Fingerprint.Algorithm);
        Assert.Equal(32, DtlsPair.ClientIdentity.Fingerprint.Hash.Length);
        Assert.NotEqual(DtlsPair.ClientIdentity.Fingerprint.ToString(), DtlsPair.ServerIdentity.Fingerprint.ToString());
    }

    [Fact]
    public void Dispose_may_be_repeated()
    {
        var identity = DtlsIdentity.Create(new DateOnly(2026, 1, 1));
        identity.Dispose();
        identity.Dispose();
    }
}
