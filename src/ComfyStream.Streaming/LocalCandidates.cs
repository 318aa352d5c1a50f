using System.Globalization;
using ComfyStream.Streaming.Addresses;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Ice;

namespace ComfyStream.Streaming;

/// <summary>Makes host candidates of the addresses that are announced, in their order of preference.</summary>
internal static class LocalCandidates
{
    /// <summary>The candidates of one event loop.</summary>
    public static IReadOnlyList<IceCandidate> Create(IReadOnlyList<AnnouncedAddress> addresses, MediaPortNumbers ports, int loop) =>
    [
        .. addresses.Index().Where(entry => entry.Item.Protocol != AdvertisedProtocol.Tcp).Select(entry => new IceCandidate(
            Foundation: (entry.Index + 1).ToString(CultureInfo.InvariantCulture),
            IsTcp: false,
            Priority: IceCandidate.ComputeHostPriority(ushort.MaxValue - entry.Index),
            TransportAddress.From(entry.Item.Address, entry.Item.Port + loop ?? ports.Udp[loop]))),
    ];
}
