namespace ComfyStream.WebRtc.Sdp;

/// <summary>
/// A session description (RFC 8866): read by <see cref="SdpReader"/> or made by <see cref="Negotiator"/>, and not changed after
/// that. <see cref="ToString"/> writes it.
/// </summary>
public sealed class SessionDescription
{
    internal SessionDescription()
    {
    }

    /// <summary>Value of the o= line.</summary>
    internal string Origin { get; set; } = "";

    /// <summary>Value of the s= line.</summary>
    internal string Name { get; set; } = "-";

    /// <summary>The mids of each <c>a=group:BUNDLE</c> line (RFC 9143).</summary>
    internal List<IReadOnlyList<string>> BundleGroups { get; } = [];

    internal bool IceLite { get; set; }

    /// <summary>Value of <c>a=ice-pacing</c> (RFC 8839 5.7), or null.</summary>
    internal string? IcePacing { get; set; }

    internal bool ExtmapAllowMixed { get; set; }

    /// <summary>Value of <c>a=msid-semantic</c>, for writing.</summary>
    internal string? MsidSemantic { get; set; }

    /// <summary>Direction for sections that say none.</summary>
    internal MediaDirection Direction { get; set; } = MediaDirection.SendRecv;

    /// <summary>Transport attributes for sections that say none.</summary>
    internal TransportDescription Transport { get; init; } = new();

    internal List<MediaDescription> Media { get; init; } = [];

    /// <summary>The description as SDP text with CRLF line ends.</summary>
    public override string ToString() => SdpWriter.Write(this);
}
