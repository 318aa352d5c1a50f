using System.Globalization;
using ComfyStream.Streaming.Addresses;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Ice;

namespace ComfyStream.Streaming;

/// <summary>Makes host candidates of the addresses that are announced, in their order of preference.</summary>
internal static class LocalCandidates
{
    /// <summary>The candidates of one event loop: those of UDP, then those of ICE-TCP (RFC 6544) if it is there.</summary>
    public static IReadOnlyList<IceCandidate> Create(IReadOnlyList<AnnouncedAddress> addresses, MediaPortNumbers ports, int loop) =>
    [
        .. addresses.Index().Where(entry => entry.Item.Protocol != AdvertisedProtocol.Tcp).Select(entry => new IceCandidate(
            Foundation: Foundation(entry.Index),
            IsTcp: false,
            Priority: IceCandidate.ComputeHostPriority(ushort.MaxValue - entry.Index),
            TransportAddress.From(entry.Item.Address, entry.Item.Port + loop ?? ports.Udp[loop]))),
        .. addresses.Index().Where(entry => ports.Tcp is not null && entry.Item.Protocol != AdvertisedProtocol.Udp).Select(entry => new IceCandidate(
            Foundation: Foundation(addresses.Count + entry.Index),
            IsTcp: true,
            Priority: IceCandidate.ComputePassiveTcpPriority(IceCandidate.MaxTcpLocalPreference - entry.Index),
            TransportAddress.From(entry.Item.Address, entry.Item.Port ?? ports.Tcp!.Value))),
    ];

    private static string Foundation(int index) => (index + 1).ToString(CultureInfo.InvariantCulture);
}
