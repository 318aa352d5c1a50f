using ComfyStream.Transport;

namespace ComfyStream.Benchmarks.Joining;

/// <summary>
/// Sends one client's requests over a TCP connection of its own, as a new viewer does, and notes when its POST began and was answered. It is
/// not sent elsewhere: a load stays where it was meant to go.
/// </summary>
internal sealed class TimedSignaling() : DelegatingHandler(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
{
    public TimeSpan Posted { get; private set; }

    public TimeSpan Answered { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Method != HttpMethod.Post)
            return await base.SendAsync(request, cancellationToken);

        Posted = EventLoop.Now;
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
        await response.Content.LoadIntoBufferAsync(cancellationToken);
        Answered = EventLoop.Now;
        return response;
    }
}
