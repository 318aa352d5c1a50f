namespace ComfyStream.WebRtc.Sdp;

/// <summary>The peer's offer or answer: which sections count, how they are bundled, and their one transport.</summary>
internal sealed class RemoteDescription
{
    public RemoteDescription(SessionDescription description)
    {
        Description = description;
        Sections = [.. description.Media.Where(section => section.Kind is not null && section.IsRtp && !section.IsDisabled)];
        IEnumerable<MediaDescription> bundleOrder = Sections;
        if (FindBundle() is { } bundle)
        {
            IsBundled = true;
            var order = bundle.Select((mid, index) => (mid, index)).DistinctBy(entry => entry.mid).ToDictionary(entry => entry.mid, entry => entry.index);
            bundleOrder = Sections.OrderBy(section => order[section.Mid]);
        }

        // The first accepted section of the group gives the transport (RFC 9143 7.3.1), then the session level; the other
        // sections only fill what neither says.
        Transport = bundleOrder.Skip(1).Aggregate(
            (bundleOrder.FirstOrDefault()?.Transport ?? new()).WithDefaults(description.Transport),
            (transport, section) => transport.WithDefaults(section.Transport));
    }

    public SessionDescription Description { get; }

    /// <summary>The sound and picture sections that are switched on, in their order.</summary>
    public IReadOnlyList<MediaDescription> Sections { get; }

    /// <summary>Whether one BUNDLE group holds all <see cref="Sections"/>; it may name more (RFC 9143; FFmpeg 8.0 names mids that do not exist).</summary>
    public bool IsBundled { get; }

    public TransportDescription Transport { get; }

    public MediaDirection DirectionOf(MediaDescription section) => section.Direction ?? Description.Direction;

    /// <summary>rtcp-mux of a section; one that only waits for its bundle may leave it to the bundle's first section (RFC 9143 7.1.3).</summary>
    public bool HasRtcpMux(MediaDescription section) =>
        section.Transport.RtcpMux || Description.Transport.RtcpMux || (section.BundleOnly && Transport.RtcpMux);

    private IReadOnlyList<string>? FindBundle() =>
        Description.BundleGroups.FirstOrDefault(group => group.ToHashSet() is var mids && Sections.All(section => mids.Contains(section.Mid)));
}
