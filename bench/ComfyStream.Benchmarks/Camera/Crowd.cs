using System.Net;
using ComfyStream.Benchmarks.Relaying;
using ComfyStream.Transport;

namespace ComfyStream.Benchmarks.Camera;

/// <summary>
/// Many viewers on few threads, so that what is measured is the relay and not the waking of as many threads as there are viewers, which
/// in reality are on other machines. An event loop holds one client for each address of a server: each of a loop's viewers asks for
/// the relay at another address of the loopback interface.
/// </summary>
internal sealed class Crowd : IAsyncDisposable
{
    private const int PerLoop = 25;

    private readonly List<EventLoop> _loops = [];
    private readonly List<HttpClient> _clients = [];
    private readonly List<Viewer> _viewers = [];

    public IReadOnlyList<Viewer> Viewers => _viewers;

    /// <summary>Connects one more viewer.</summary>
    public async Task AddAsync(Uri url)
    {
        int place = _viewers.Count % PerLoop;
        if (place == 0)
            _loops.Add(new EventLoop(Loopback.AnyPort, $"viewers-{_loops.Count}"));
        var http = new HttpClient(new OtherAddress(new IPAddress([127, 0, 0, (byte)(1 + place)])));
        _clients.Add(http);
        var viewer = new Viewer(Loopback.OptionsFor(url) with { EventLoop = _loops[^1], HttpClient = http }, _viewers.Count);
        _viewers.Add(viewer);
        await viewer.ConnectAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_viewers.Select(viewer => viewer.DisposeAsync().AsTask()));
        _clients.ForEach(client => client.Dispose());
        _loops.ForEach(loop => loop.Dispose());
    }

    // Changes the address of the relay's candidate: its socket listens on all of them.
    private sealed class OtherAddress(IPAddress address) : DelegatingHandler(new SocketsHttpHandler { UseProxy = false })
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
            if (request.Method != HttpMethod.Post)
                return response;
            string answer = await response.Content.ReadAsStringAsync(cancellationToken);
            response.Content = new StringContent(answer.Replace($" {IPAddress.Loopback} ", $" {address} ", StringComparison.Ordinal), response.Content.Headers.ContentType!);
            return response;
        }
    }
}
