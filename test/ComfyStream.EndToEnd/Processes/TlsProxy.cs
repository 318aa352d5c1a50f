using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ComfyStream.EndToEnd.Processes;

/// <summary>nginx as a TLS proxy on this machine, with a configuration, a certificate and a folder of its own. Debian package: nginx-light.</summary>
internal sealed class TlsProxy : IAsyncDisposable
{
    private static readonly TimeSpan _startLimit = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("comfystream-e2e-");
    private ChildProcess? _process;

    /// <summary>Where clients reach it.</summary>
    public Uri Address { get; } = new($"https://127.0.0.1:{FindFreePort()}");

    /// <param name="path">The path that stands for the server's root, ending in a slash.</param>
    /// <param name="server">What is behind it.</param>
    /// <param name="headers">Headers that it adds, as nginx has them: name and value.</param>
    public async Task StartAsync(string path, Uri server, params IEnumerable<string> headers)
    {
        string folder = _folder.FullName;
        (string pem, string key) = MakeCertificate();
        File.WriteAllText(Path.Combine(folder, "tls.pem"), pem);
        File.WriteAllText(Path.Combine(folder, "tls.key"), key);
        string configuration = Path.Combine(folder, "nginx.conf");
        File.WriteAllText(configuration, $$"""
            {{(Environment.IsPrivilegedProcess ? "user root;" : "")}}
            daemon off;
            worker_processes 1;
            pid {{folder}}/nginx.pid;
            error_log stderr warn;
            events { }
            http {
              access_log off;
              client_body_temp_path {{folder}}/body;
              proxy_temp_path {{folder}}/proxy;
              fastcgi_temp_path {{folder}}/fastcgi;
              uwsgi_temp_path {{folder}}/uwsgi;
              scgi_temp_path {{folder}}/scgi;
              server {
                listen {{Address.Host}}:{{Address.Port}} ssl http2;
                ssl_certificate {{folder}}/tls.pem;
                ssl_certificate_key {{folder}}/tls.key;
                location {{path}} {
                  proxy_pass {{server}};
                  {{string.Concat(headers.Select(header => $"proxy_set_header {header}; "))}}
                }
              }
            }
            """);
        _process = ChildProcess.Start("/usr/sbin/nginx", "-e", "stderr", "-c", configuration, "-p", folder);
        await Eventually.GetAsync(async () => _process.HasExited || await IsOpenAsync() ? "open" : null, _startLimit, () => $"nginx does not listen:\n{_process.Tail}");
        Assert.False(_process.HasExited, _process.Tail);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            // Its worker ends with it only when it is asked to.
            if (!_process.HasExited)
            {
                _process.Signal(System.Runtime.InteropServices.PosixSignal.SIGTERM);
                await _process.ExitAsync(_startLimit);
            }
            await _process.DisposeAsync();
        }
        _folder.Delete(recursive: true);
    }

    private async Task<bool> IsOpenAsync()
    {
        using var tcp = new TcpClient();
        try
        {
            await tcp.ConnectAsync(Address.Host, Address.Port, TestContext.Current.CancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FindFreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static (string Pem, string Key) MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=proxy under test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(30));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
