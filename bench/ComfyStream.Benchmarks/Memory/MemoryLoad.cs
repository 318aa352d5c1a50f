using ComfyStream.Benchmarks.Camera;
using ComfyStream.Benchmarks.Relaying;

namespace ComfyStream.Benchmarks.Memory;

/// <summary>Streams and their viewers, until it is disposed.</summary>
internal sealed class MemoryLoad : IAsyncDisposable
{
    private readonly RelayProcess _relay;
    private readonly List<CameraPublisher> _cameras = [];
    private readonly Crowd _viewers = new();

    private MemoryLoad(RelayProcess relay) => _relay = relay;

    public static async Task<MemoryLoad> StartAsync(RelayProcess relay, CameraClip clip, int streams, string workflow, int viewersEach)
    {
        var load = new MemoryLoad(relay);
        for (int i = 0; i < streams; i++)
        {
            var camera = new CameraPublisher(clip.Copy(), Loopback.OptionsFor(relay.UrlOf($"/whip?channelId=memory{i}&prompts={workflow}")));
            load._cameras.Add(camera);
            await camera.StartAsync();
            for (int viewer = 0; viewer < viewersEach; viewer++)
                await load.AddViewerAsync(i);
        }

        return load;
    }

    /// <summary>Adds viewers to the first stream.</summary>
    public async Task AddViewersAsync(int count)
    {
        for (int i = 0; i < count; i++)
            await AddViewerAsync(0);
    }

    public async ValueTask DisposeAsync()
    {
        await _viewers.DisposeAsync();
        await Task.WhenAll(_cameras.Select(camera => camera.DisposeAsync().AsTask()));
    }

    private Task AddViewerAsync(int stream) => _viewers.AddAsync(_relay.UrlOf($"/whep?streamId=memory{stream}"));
}
