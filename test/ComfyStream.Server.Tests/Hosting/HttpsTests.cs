using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ComfyStream.Server.Hosting;
using ComfyStream.Server.Options;
using Xunit;

namespace ComfyStream.Server.Tests.Hosting;

/// <summary>HTTPS with certificates from files, and addresses behind proxies.</summary>
public sealed class HttpsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private ServeOptions Options => new() { Port = 0, MediaPort = 0, Advertise = [IPAddress.Loopback], Workspace = Path.Combine(_folder.Path, "workspace") };

    public static TheoryData<string> Forms => ["pem", "pem with key", "encrypted pem", "pfx", "pfx with password"];

    [Theory, MemberData(nameof(Forms))]
    public async Task Each_form_of_files_is_served_with_its_chain_over_http_1_and_2(string form)
    {
        using var authority = new Authority();
        await using RelayServer server = await RelayServer.StartAsync(WriteFiles(authority, form, "first"), null, Cancel);
        Assert.Equal(Uri.UriSchemeHttps, server.BaseAddress.Scheme);
        foreach (Version version in new[] { HttpVersion.Version11, HttpVersion.Version20 })
        {
            // The intermediate is known from the handshake only.
            using HttpClient http = authority.Client();
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.BaseAddress, "/health")) { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using HttpResponseMessage response = await http.SendAsync(request, Cancel);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(version, response.Version);
        }
    }

    [Fact]
    public void Files_that_change_are_taken_over_and_broken_ones_leave_what_there_is()
    {
        using var authority = new Authority();
        ServeOptions options = WriteFiles(authority, "pem", "first");
        using var files = new CertificateFiles(new TlsFiles(options.TlsCertificate!, options.TlsKey, options.TlsPasswordFile));
        Assert.Equal("CN=first", files.Leaf.Subject);
        File.WriteAllText(options.TlsCertificate!, "-----BEGIN CERTIFICATE-----\nhalf of a fi");
        files.Reload();
        Assert.Equal("CN=first", files.Leaf.Subject);
        WriteFiles(authority, "pem", "second");
        files.Reload();
        Assert.Equal("CN=second", files.Leaf.Subject);
    }

    [Fact]
    public async Task A_running_server_serves_the_new_certificate_by_itself()
    {
        using var authority = new Authority();
        await using RelayServer server = await RelayServer.StartAsync(WriteFiles(authority, "pem", "first"), null, Cancel);
        Assert.Equal("CN=first", await SubjectAsync(server));
        WriteFiles(authority, "pem", "second");
        while (await SubjectAsync(server) != "CN=second")
            await Task.Delay(200, Cancel);
    }

    [Theory]
    [InlineData("no such file", "/nowhere/cert.pem", null, "/nowhere/cert.pem")]
    [InlineData("key without certificate", null, "/nowhere/key.pem", "--tls-certificate")]
    public async Task Files_that_cannot_be_used_are_named(string _, string? certificate, string? key, string named)
    {
        ServeException error = await Assert.ThrowsAsync<ServeException>(() => RelayServer.StartAsync(Options with { TlsCertificate = certificate, TlsKey = key }, null, Cancel));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://relay.example.org", "https://relay.example.org/whep/")]
    [InlineData("https://example.org/live/relay/", "https://example.org/live/relay/whep/")]
    public async Task The_location_begins_with_the_public_url(string url, string begin)
    {
        await using RelayServer server = await RelayServer.StartAsync(Options with { PublicUrl = new Uri(url) }, null, Cancel);
        Assert.StartsWith(begin, await LocationAsync(server), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.0.0.1, 10.1.2.3", true)]
    [InlineData("127.0.0.1, 192.0.2.1", false)]
    public async Task Forwarded_headers_are_believed_as_far_back_as_the_proxies_are_trusted(string chain, bool isBelieved)
    {
        await using RelayServer server = await RelayServer.StartAsync(Options with { TrustedProxies = [IPNetwork.Parse("10.0.0.0/8")] }, null, Cancel);
        int count = chain.Split(',').Length;
        string location = await LocationAsync(server, headers =>
        {
            // Each proxy adds whom it was asked by; the last of them is on this machine.
            headers.Add("X-Forwarded-For", "203.0.113.9" + (count > 1 ? $", {chain.Split(", ")[1]}" : ""));
            headers.Add("X-Forwarded-Proto", string.Join(", ", Enumerable.Range(0, count).Select(i => i == 0 ? "https" : "http")));
            headers.Add("X-Forwarded-Host", string.Join(", ", Enumerable.Range(0, count).Select(i => i == 0 ? "relay.example.org" : "inner.example.org")));
        });
        Assert.Equal(isBelieved, location.StartsWith("https://relay.example.org/whep/", StringComparison.Ordinal));
    }

    private async Task<string> LocationAsync(RelayServer server, Action<HttpRequestHeaders>? headers = null)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.BaseAddress, "/whep")) { Content = new StringContent(Offers.Watch) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/sdp");
        headers?.Invoke(request.Headers);
        using HttpResponseMessage response = await http.SendAsync(request, Cancel);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return response.Headers.Location!.OriginalString;
    }

    private static async Task<string> SubjectAsync(RelayServer server)
    {
        using var tcp = new TcpClient(server.BaseAddress.Host, server.BaseAddress.Port);
        await using var tls = new SslStream(tcp.GetStream(), false, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync("localhost");
        return tls.RemoteCertificate!.Subject;
    }

    private ServeOptions WriteFiles(Authority authority, string form, string subject)
    {
        using X509Certificate2 leaf = authority.Issue(subject);
        using ECDsa key = leaf.GetECDsaPrivateKey()!;
        string chain = leaf.ExportCertificatePem() + "\n" + authority.Intermediate.ExportCertificatePem() + "\n";
        string password = form.StartsWith("encrypted", StringComparison.Ordinal) || form.EndsWith("password", StringComparison.Ordinal) ? "se cret" : "";
        ServeOptions options = Options with { TlsCertificate = Path.Combine(_folder.Path, "certificate") };
        if (password.Length > 0)
            options = options with { TlsPasswordFile = _folder.Write("password", password + "\n") };
        switch (form)
        {
            case "pem":
                _folder.Write("certificate", chain + key.ExportPkcs8PrivateKeyPem());
                return options;
            case "pem with key":
                _folder.Write("certificate", chain);
                return options with { TlsKey = _folder.Write("key", key.ExportPkcs8PrivateKeyPem()) };
            case "encrypted pem":
                _folder.Write("certificate", chain);
                return options with { TlsKey = _folder.Write("key", key.ExportEncryptedPkcs8PrivateKeyPem(password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000))) };
            default:
                var all = new X509Certificate2Collection { leaf, authority.Intermediate };
                File.WriteAllBytes(options.TlsCertificate!, all.Export(X509ContentType.Pfx, password)!);
                return options;
        }
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>A root, and an authority under it that issues.</summary>
    private sealed class Authority : IDisposable
    {
        private readonly X509Certificate2 _root;
        private readonly X509Certificate2 _intermediate;

        public Authority()
        {
            using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            _root = Request("CN=root", rootKey, isAuthority: true).CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-2), DateTimeOffset.UtcNow.AddYears(1));
            var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            using X509Certificate2 made = Request("CN=intermediate", key, isAuthority: true).Create(_root, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddMonths(6), [2]);
            _intermediate = made.CopyWithPrivateKey(key);
            Intermediate = X509CertificateLoader.LoadCertificate(_intermediate.RawData);
        }

        public X509Certificate2 Intermediate { get; }

        public X509Certificate2 Issue(string subject)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            CertificateRequest request = Request($"CN={subject}", key, isAuthority: false);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("localhost");
            names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
            using X509Certificate2 made = request.Create(_intermediate, DateTimeOffset.UtcNow.AddMinutes(-10), DateTimeOffset.UtcNow.AddDays(30), RandomNumberGenerator.GetBytes(8));
            return made.CopyWithPrivateKey(key);
        }

        public HttpClient Client()
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
            policy.CustomTrustStore.Add(_root);
            var handler = new SocketsHttpHandler();
            handler.SslOptions.CertificateChainPolicy = policy;
            return new HttpClient(handler);
        }

        public void Dispose()
        {
            _root.Dispose();
            _intermediate.Dispose();
            Intermediate.Dispose();
        }

        private static CertificateRequest Request(string subject, ECDsa key, bool isAuthority)
        {
            var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
            return request;
        }
    }
}
