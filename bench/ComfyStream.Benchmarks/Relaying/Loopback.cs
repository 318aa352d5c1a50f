using System.Net;
using ComfyStream.Client;
using ComfyStream.Media;
using ComfyStream.Media.Libav;

namespace ComfyStream.Benchmarks.Relaying;

/// <summary>What all clients of a relay on this machine share.</summary>
internal static class Loopback
{
    /// <summary>A free port of the loopback interface.</summary>
    public static IPEndPoint AnyPort => new(IPAddress.Loopback, 0);

    public static ClientOptions OptionsFor(Uri url) => new() { Endpoint = url, LocalEndPoint = AnyPort };

    /// <exception cref="ArgumentException">No codec library is installed.</exception>
    public static ICodecFactory LoadCodecs() =>
        LibavCodecFactory.TryLoad(out LibavCodecFactory? codecs, out string problem) ? codecs : throw new ArgumentException(problem);
}
