using ComfyStream.Media;
using ComfyStream.Media.Libav;

namespace ComfyStream.Server.Hosting;

/// <summary>The codecs of this machine.</summary>
/// <param name="Codecs">Null when workflows cannot run.</param>
/// <param name="Description">The libraries in use; "" when there are none.</param>
/// <param name="Problem">Why workflows cannot run, and what to do; "" when they can.</param>
internal sealed record CodecLibrary(ICodecFactory? Codecs, string Description, string Problem)
{
    public static CodecLibrary Load()
    {
        if (!LibavCodecFactory.TryLoad(out LibavCodecFactory? factory, out string problem))
            return new CodecLibrary(null, "", problem);
        return factory.CanEncode
            ? new CodecLibrary(factory, factory.Description, "")
            : new CodecLibrary(null, factory.Description, "no H.264 encoder is installed. Debian: ./comfystream setup, or apt-get install libopenh264-7.");
    }
}
