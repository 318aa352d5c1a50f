using System.Diagnostics.CodeAnalysis;
using System.Text;
using ComfyStream.WebRtc.Rtp;
using ComfyStream.WebRtc.Sdp;

namespace ComfyStream.WebRtc;

/// <summary>
/// Finds the section of a bundle that a packet of a new SSRC belongs to (RFC 9143 9.2): by the mid extension, else by the announced
/// SSRC, else by the payload type, which is also what tells retransmissions apart.
/// </summary>
internal static class SectionFinder
{
    /// <summary>Finds the section and its codec, under whose payload type, or that of whose retransmissions, the packet comes.</summary>
    public static bool TryFind(
        ReadOnlySpan<NegotiatedMedia> sections, in RtpHeader header, ReadOnlySpan<byte> packet, out int section, [NotNullWhen(true)] out RtpCodec? codec)
    {
        section = -1;
        codec = null;
        for (int i = 0; i < sections.Length; i++)
        {
            if (FindCodec(sections[i], header.PayloadType) is not { } found)
                continue;

            (section, codec) = (i, found);
            if (header.TryGetExtension(packet, sections[i].Extensions.Mid, out ReadOnlySpan<byte> mid))
                return Ascii.Equals(mid, sections[i].Mid);
            if (sections[i].RemoteSsrc == header.Ssrc)
                return true;
        }

        return codec is not null;
    }

    private static RtpCodec? FindCodec(NegotiatedMedia media, byte payloadType)
    {
        // By index: an enumerator of a list behind an interface would be allocated for every retransmission.
        for (int i = 0; i < media.Codecs.Count; i++)
        {
            RtpCodec codec = media.Codecs[i];
            if (codec.PayloadType == payloadType || codec.RtxPayloadType == payloadType)
                return codec;
        }

        return null;
    }
}
