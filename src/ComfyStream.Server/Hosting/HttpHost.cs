using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using ComfyStream.Server.Limits;
using ComfyStream.Server.Options;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Server.Hosting;

/// <summary>Kestrel as this server needs it: no ambient configuration, tight limits, one listener an address.</summary>
internal static class HttpHost
{
    private static readonly TimeSpan _rateGrace = TimeSpan.FromSeconds(5);

    public static WebApplication Build(ServeOptions options, ServerCertificate? certificate, Action<ILoggingBuilder>? configureLogging)
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
        // The thread that reads a request handles it: hand-overs between threads were two fifths of what a join cost there.
        builder.WebHost.UseKestrelCore().UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true)
            .UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => Configure(kestrel, options, certificate));

        WebApplication app = builder.Build();
        // Location is built from what the client asked for; only proxies on this machine, and those that are trusted, may say what
        // that was and who asked. The chain is followed back as far as they are.
        var forwarded = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost,
            ForwardLimit = null,
        };
        foreach (System.Net.IPNetwork proxy in options.TrustedProxies)
            forwarded.KnownIPNetworks.Add(proxy);
        app.UseForwardedHeaders(forwarded);
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
        return new UriBuilder(options.IsHttps ? Uri.UriSchemeHttps : Uri.UriSchemeHttp, host, port).Uri;
    }

    /// <summary>A client that trusts this server's own certificate and no other self-signed one.</summary>
    public static HttpClient CreateClient(ServerCertificate? certificate)
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        if (certificate is not null)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, errors) =>
                errors == SslPolicyErrors.None || (presented is not null && presented.GetRawCertData().AsSpan().SequenceEqual(certificate.Leaf().RawData));
        }
        return new HttpClient(handler);
    }

    private static void Configure(KestrelServerOptions kestrel, ServeOptions options, ServerCertificate? certificate)
    {
        LimitOptions limits = options.Limits;
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = limits.BodyBytes;
        int lineBytes = SizeGate.Slack * limits.RequestLineBytes;
        kestrel.Limits.MaxRequestLineSize = lineBytes;
        // HTTP/2 has no request line: there the path counts as a header.
        kestrel.Limits.Http2.MaxRequestHeaderFieldSize = lineBytes;
        kestrel.Limits.MaxRequestHeadersTotalSize = lineBytes + (SizeGate.Slack * limits.HeaderBytes);
        kestrel.Limits.MaxRequestBufferSize = Math.Max(1 << 20, lineBytes);
        kestrel.Limits.RequestHeadersTimeout = limits.HeaderTime;
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(limits.LeastBytesPerSecond, _rateGrace);
        kestrel.Limits.MinResponseDataRate = new MinDataRate(limits.LeastBytesPerSecond, _rateGrace);
        kestrel.Limits.MaxConcurrentConnections = limits.Connections;
        foreach (IPAddress address in Resolve(options))
            kestrel.Listen(address, options.Port, listen =>
            {
                if (certificate is not null)
                    listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(Handshake(certificate)) });
                else
                    listen.Protocols = HttpProtocols.Http1;
            });
    }

    private static SslServerAuthenticationOptions Handshake(ServerCertificate certificate) => new()
    {
        ServerCertificateContext = certificate.Context(),
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
    };

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
