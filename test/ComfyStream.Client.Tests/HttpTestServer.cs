using System.Net;
using System.Net.Sockets;

namespace ComfyStream.Client.Tests;

/// <summary>An HTTP server on a free loopback port that answers by a function and keeps what it was asked.</summary>
internal class HttpTestServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Lock _lock = new();
    private readonly List<Request> _requests = [];

    public HttpTestServer()
    {
        BaseUrl = new Uri($"http://127.0.0.1:{FreePort()}/");
        _listener.Prefixes.Add(BaseUrl.ToString());
        _listener.Start();
        _ = ServeAsync();
    }

    public Uri BaseUrl { get; }

    public Func<Request, HttpListenerResponse, string?> Respond { get; set; } = (_, response) =>
    {
        response.StatusCode = 500;
        return null;
    };

    public IReadOnlyList<Request> Requests
    {
        get
        {
            lock (_lock)
                return [.. _requests];
        }
    }

    public virtual void Dispose() => _listener.Close();

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                using var reader = new StreamReader(context.Request.InputStream);
                var request = new Request(
                    context.Request.HttpMethod,
                    context.Request.Url!.PathAndQuery,
                    context.Request.ContentType,
                    context.Request.Headers["Authorization"],
                    await reader.ReadToEndAsync());
                lock (_lock)
                    _requests.Add(request);
                string? body = Respond(request, context.Response);
                if (body is not null)
                    await context.Response.OutputStream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(body));
                context.Response.Close();
            }
        }
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
        {
        }
    }

    internal sealed record Request(string Method, string Path, string? ContentType, string? Authorization, string Body);
}
