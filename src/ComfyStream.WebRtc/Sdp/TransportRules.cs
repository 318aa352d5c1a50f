namespace ComfyStream.WebRtc.Sdp;

/// <summary>What the peer's description must say of the transport, in offers and answers. Each rule returns what is wrong and what to do, or null.</summary>
internal static class TransportRules
{
    public static string? FindViolation(RemoteDescription remote) =>
        CheckBundle(remote)
        ?? CheckRtcpMux(remote)
        ?? CheckCredentials(remote.Transport)
        ?? CheckFingerprint(remote.Transport)
        ?? CheckSetup(remote.Transport);

    private static string? CheckBundle(RemoteDescription remote) =>
        remote.Sections.Count > 1 && !remote.IsBundled
            ? "The sections are not in one a=group:BUNDLE: all media shares one transport here; negotiate with bundle (max-bundle or balanced)."
            : null;

    private static string? CheckRtcpMux(RemoteDescription remote) =>
        remote.Sections.FirstOrDefault(section => !remote.HasRtcpMux(section)) is { } section
            ? $"{section} has no a=rtcp-mux: RTP and RTCP share one port here; negotiate rtcp-mux."
            : null;

    private static string? CheckCredentials(TransportDescription transport) =>
        transport.UserFragment is null || transport.Password is null
            ? "There are no ICE credentials: a=ice-ufrag and a=ice-pwd must stand in the section or at session level."
            : null;

    /// <summary>SHA-256 at least (RFC 8827 6.5): a weaker hash would not tie the certificate to the signalling.</summary>
    private static string? CheckFingerprint(TransportDescription transport)
    {
        if (transport.Fingerprints.Count > 0)
            return null;

        return transport.UnusableFingerprints.Count > 0
            ? $"The certificate's fingerprint uses only {string.Join(", ", transport.UnusableFingerprints.Distinct().Take(8).Select(name => SdpText.Quote(name)))}; send one with sha-256, sha-384 or sha-512."
            : "There is no a=fingerprint: media is only sent over DTLS-SRTP; send the SHA-256 fingerprint of the certificate.";
    }

    private static string? CheckSetup(TransportDescription transport) => transport.Setup switch
    {
        "actpass" or "active" or "passive" => null,
        null => "There is no a=setup: say actpass, active or passive (RFC 5763 5).",
        var other => $"a=setup:{SdpText.Quote(other)} cannot be used: say actpass, active or passive (RFC 5763 5).",
    };
}
