using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Rtp;
using ComfyStream.WebRtc.Sdp;

namespace ComfyStream.Benchmarks.Micro;

/// <summary>Sections as an ordinary browser's offer makes them.</summary>
internal static class Sections
{
    public const uint VideoSsrc = 0x1234ABCD;
    public const byte VideoPayloadType = 102;

    public static NegotiatedMedia Video { get; } = new()
    {
        Mid = "1",
        Kind = MediaKind.Video,
        Send = true,
        Receive = true,
        Codec = H264,
        Codecs = [H264],
        Extensions = new HeaderExtensionMap { Mid = 4 },
        LocalSsrc = VideoSsrc,
        LocalRtxSsrc = VideoSsrc + 1,
        Cname = "comfystream",
        Nack = true,
        Pli = true,
    };

    public static NegotiatedMedia Audio { get; } = new()
    {
        Mid = "0",
        Kind = MediaKind.Audio,
        Send = true,
        Receive = true,
        Codec = Opus,
        Codecs = [Opus],
        Extensions = new HeaderExtensionMap { Mid = 4 },
        LocalSsrc = VideoSsrc + 2,
        Cname = "comfystream",
    };

    private static RtpCodec H264 => new(VideoPayloadType, "H264", 90000, 0, "packetization-mode=1") { RtxPayloadType = VideoPayloadType + 1 };

    private static RtpCodec Opus => new(111, "opus", 48000, 2, "");
}
