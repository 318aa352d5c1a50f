using Microsoft.Extensions.Logging;

namespace ComfyStream.Server.Demo;

/// <summary>Keeps the demo publishing: starts it again when it fails.</summary>
internal sealed partial class DemoRunner : IAsyncDisposable
{
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stopping = new();
    private readonly ILogger _logger;
    private readonly Task _running;

    public DemoRunner(DemoPublisher publisher, Uri whipUrl, ILogger<DemoRunner> logger)
    {
        _logger = logger;
        _running = Task.Run(() => RunAsync(publisher, whipUrl, _stopping.Token));
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAny(_running, Task.Delay(_patience));
        _stopping.Dispose();
    }

    private async Task RunAsync(DemoPublisher publisher, Uri whipUrl, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await publisher.RunAsync(whipUrl, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogFailed(e.Message, _pause.TotalSeconds);
            }
            await Task.Delay(_pause, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Demo: publishing ended: {Reason} It starts again in {Seconds} s.")]
    private partial void LogFailed(string reason, double seconds);
}
