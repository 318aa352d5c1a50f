using System.Text;
using ComfyStream.WebRtc.Ice;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>Writes the fragment (RFC 8840 9) that answers an ICE restart, CRLF line ends.</summary>
public static class IceFragmentWriter
{
    private const string LineEnd = "\r\n";

    /// <summary>The answer to a restart: our new credentials, and all our candidates once more.</summary>
    public static string Write(NegotiatedSession session, IReadOnlyList<IceCandidate> candidates)
    {
        var text = new StringBuilder(session.FragmentHead, 512);
        text.Append("a=ice-ufrag:").Append(session.LocalIce.UserFragment).Append(LineEnd);
        text.Append("a=ice-pwd:").Append(session.LocalIce.Password).Append(LineEnd);
        foreach (IceCandidate candidate in candidates.OrderBy(LocalDescription.CandidateOrder))
            text.Append("a=candidate:").Append(CandidateAttribute.Format(candidate)).Append(LineEnd);
        return text.Append("a=end-of-candidates").Append(LineEnd).ToString();
    }

    /// <summary>What stays the same in all fragments of a session: that of its answer.</summary>
    internal static string Head(SessionDescription answer)
    {
        var text = new StringBuilder();
        text.Append("a=ice-lite").Append(LineEnd);
        text.Append("a=ice-options:").AppendJoin(' ', answer.Transport.IceOptions).Append(LineEnd);
        foreach (IReadOnlyList<string> mids in answer.BundleGroups)
            text.Append("a=group:BUNDLE ").AppendJoin(' ', mids).Append(LineEnd);

        MediaDescription section = answer.Media.First(media => media.Port != 0);
        text.Append(SdpWriter.MediaLine(section)).Append(LineEnd);
        if (section.Mid.Length > 0)
            text.Append("a=mid:").Append(section.Mid).Append(LineEnd);
        return text.ToString();
    }
}
