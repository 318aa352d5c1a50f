using ComfyStream.Media;

namespace ComfyStream.Server.Hosting;

/// <summary>The codecs of this machine.</summary>
/// <param name="Codecs">Null when there are none.</param>
/// <param name="Problem">Why there are none, and what to do; "" when there are.</param>
internal sealed record CodecLibrary(ICodecFactory? Codecs, string Problem)
{
    public static CodecLibrary Load() => new(null, "No codec library was found.");
}
