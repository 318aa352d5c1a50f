using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ComfyStream.Server.Hosting;

/// <summary>Makes the certificate of <c>--tls-self-signed</c>: ECDSA P-256, for every name and address of this machine.</summary>
internal static class SelfSignedCertificate
{
    // Browsers refuse server certificates that last longer (CA/Browser Forum baseline requirements 6.3.2).
    private static readonly TimeSpan _lifetime = TimeSpan.FromDays(397);

    public static X509Certificate2 Create(string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=ComfyStream", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "serverAuth")], critical: false));
        request.CertificateExtensions.Add(Names(host));
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return request.CreateSelfSigned(now.AddHours(-1), now.Add(_lifetime));
    }

    private static X509Extension Names(string host)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (string name in new[] { "localhost", Dns.GetHostName(), host }.Where(IsDnsName).Distinct(StringComparer.OrdinalIgnoreCase))
            names.AddDnsName(name);
        foreach (IPAddress address in Interfaces.Addresses().Concat([IPAddress.Loopback, IPAddress.IPv6Loopback]).Distinct())
            names.AddIpAddress(address);
        return names.Build();
    }

    private static bool IsDnsName(string name) => Uri.CheckHostName(name) == UriHostNameType.Dns && !name.Contains('_', StringComparison.Ordinal);
}
