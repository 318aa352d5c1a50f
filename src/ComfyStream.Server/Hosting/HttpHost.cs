using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using ComfyStream.Server.Options;
using ComfyStream.Server.Signaling;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Server.Hosting;

/// <summary>Kestrel as this server needs it: no ambient configuration, tight limits, one listener an address.</summary>
internal static class HttpHost
{
    // `prompts` travels in the request line.
    private const int MaxRequestLineBytes = 256 * 1024;
    private const int MaxHeaderBytes = 32 * 1024;
    private const int MaxConnections = 4096;
    private static readonly TimeSpan _headersTimeout = TimeSpan.FromSeconds(10);

    public static WebApplication Build(ServeOptions options, X509Certificate2? certificate, Action<ILoggingBuilder>? configureLogging)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        // Signals belong to the program that hosts this server.
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, NoSignals>());
        builder.Services.AddRoutingCore();
        configureLogging?.Invoke(builder.Logging);
        builder.Logging.SetMinimumLevel(options.LogLevel)
            .AddFilter("Microsoft", LogLevel.Warning)
            // What stops the start is said once, in one line, by whoever started us.
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
            .AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.None);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => Configure(kestrel, options, certificate));

        WebApplication app = builder.Build();
        // Location is built from what the client asked for; only a proxy on this machine may say what that was.
        app.UseForwardedHeaders(new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost,
        });
        return app;
    }

    /// <exception cref="ServeException">The port cannot be opened.</exception>
    public static async Task StartAsync(WebApplication app, ServeOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            throw new ServeException($"TCP port {options.Port} on {options.Host} is in use. Stop the other program, or choose another: --port {Math.Min(options.Port + 10, 65000)} (0 takes a free one).");
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
        {
            throw new ServeException($"TCP port {options.Port} on {options.Host} may not be opened by this user. Choose one above 1023: --port 8889.");
        }
        catch (SocketException e)
        {
            throw new ServeException($"TCP port {options.Port} on {options.Host} cannot be opened: {e.Message}. Choose an address of this machine: --host 127.0.0.1.");
        }
    }

    /// <summary>Where a client on this machine reaches the server.</summary>
    public static Uri AddressOf(WebApplication app, ServeOptions options)
    {
        string bound = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        int port = BindingAddress.Parse(bound).Port;
        string host = options.Host;
        if (IPAddress.TryParse(host, out IPAddress? address))
            host = (address.Equals(IPAddress.Any) ? IPAddress.Loopback : address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : address).ToString();
        return new UriBuilder(options.TlsSelfSigned ? Uri.UriSchemeHttps : Uri.UriSchemeHttp, host, port).Uri;
    }

    /// <summary>A client that trusts this server's own certificate and no other self-signed one.</summary>
    public static HttpClient CreateClient(X509Certificate2? certificate)
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        if (certificate is not null)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, errors) =>
                errors == SslPolicyErrors.None || (presented is not null && presented.GetRawCertData().AsSpan().SequenceEqual(certificate.RawData));
        }
        return new HttpClient(handler);
    }

    private static void Configure(KestrelServerOptions kestrel, ServeOptions options, X509Certificate2? certificate)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = SessionResource.MaxOfferBytes;
        kestrel.Limits.MaxRequestLineSize = MaxRequestLineBytes;
        // HTTP/2 has no request line: there the path counts as a header.
        kestrel.Limits.Http2.MaxRequestHeaderFieldSize = MaxRequestLineBytes;
        kestrel.Limits.MaxRequestHeadersTotalSize = MaxRequestLineBytes + MaxHeaderBytes;
        kestrel.Limits.RequestHeadersTimeout = _headersTimeout;
        kestrel.Limits.MaxConcurrentConnections = MaxConnections;
        foreach (IPAddress address in Resolve(options))
            kestrel.Listen(address, options.Port, listen =>
            {
                if (certificate is not null)
                    listen.UseHttps(certificate);
                else
                    listen.Protocols = HttpProtocols.Http1;
            });
    }

    private static IReadOnlyList<IPAddress> Resolve(ServeOptions options)
    {
        if (IPAddress.TryParse(options.Host, out IPAddress? address))
            return [address];
        try
        {
            IPAddress[] addresses = [.. Dns.GetHostAddresses(options.Host).Distinct()];
            // Port 0 would give every address another port.
            return options.Port == 0 ? addresses[..1] : addresses;
        }
        catch (SocketException e)
        {
            throw new ServeException($"--host {options.Host} cannot be resolved: {e.Message}. Use an IP address: 127.0.0.1 is this machine only, 0.0.0.0 every address.");
        }
    }

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
