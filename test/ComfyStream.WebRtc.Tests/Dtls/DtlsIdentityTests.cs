using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Dtls.Interop;
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
    public void Where_OpenSSL_looks_through_all_decoders_for_each_certificate_it_is_given_few() =>
        Assert.Equal(OpenSsl.OpenSSL_version_num() < 0x30200000, DtlsLibraryContext.Handle != 0);

    [Fact]
    public void Dispose_may_be_repeated()
    {
        var identity = DtlsIdentity.Create(new DateOnly(2026, 1, 1));
        identity.Dispose();
        identity.Dispose();
    }
}
