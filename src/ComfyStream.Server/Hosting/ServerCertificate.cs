using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace ComfyStream.Server.Hosting;

/// <summary>What HTTPS is served with, now: it may change while the server runs.</summary>
/// <param name="Leaf">The certificate.</param>
/// <param name="Context">The same with its chain and key.</param>
internal sealed record ServerCertificate(Func<X509Certificate2> Leaf, Func<SslStreamCertificateContext> Context)
{
    public static ServerCertificate Of(CertificateFiles files) => new(() => files.Leaf, () => files.Context);

    public static ServerCertificate Of(X509Certificate2 certificate)
    {
        SslStreamCertificateContext context = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
        return new ServerCertificate(() => certificate, () => context);
    }
}
