using ComfyStream.Media;
using ComfyStream.WebRtc;

namespace ComfyStream.Streaming.Streams;

/// <summary>The codecs of <c>Media</c> under the names of <c>WebRtc</c>, which do not know each other.</summary>
internal static class MediaCodecs
{
    /// <summary>What the media plane calls it.</summary>
    public static PayloadFormat FormatOf(MediaCodec codec) => codec switch
    {
        MediaCodec.H264 => PayloadFormat.H264,
        MediaCodec.Vp8 => PayloadFormat.Vp8,
        _ => PayloadFormat.Opus,
    };

    /// <summary>What codecs call it.</summary>
    public static MediaCodec Of(PayloadFormat format) => format switch
    {
        PayloadFormat.H264 => MediaCodec.H264,
        PayloadFormat.Vp8 => MediaCodec.Vp8,
        _ => MediaCodec.Opus,
    };
}
