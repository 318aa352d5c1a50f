using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Ice;

namespace ComfyStream.Streaming;

/// <summary>
/// The host candidates that answers announce: configured addresses, or those of the interfaces, IPv4 first, since some clients
/// (FFmpeg) only try the first; loopback last.
/// </summary>
internal static class LocalCandidates
{
    private const int MostCandidates = 16;

    /// <summary>The addresses to announce for sockets bound to <paramref name="boundTo"/>.</summary>
    public static IReadOnlyList<IPAddress> FindAddresses(IPAddress boundTo, IReadOnlyList<IPAddress> advertise)
    {
        if (advertise.Count > 0)
            return advertise;
        if (!boundTo.Equals(IPAddress.Any) && !boundTo.Equals(IPAddress.IPv6Any))
            return [boundTo];

        bool takesIPv6 = boundTo.Equals(IPAddress.IPv6Any);
        IEnumerable<IPAddress> all = NetworkInterface.GetAllNetworkInterfaces()
            .Where(network => network.OperationalStatus != OperationalStatus.Down)
            .SelectMany(network => network.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .Where(address => address.AddressFamily == AddressFamily.InterNetwork || (takesIPv6 && !address.IsIPv6LinkLocal))
            .Append(IPAddress.Loopback)
            .Distinct();
        return [.. all.OrderBy(IPAddress.IsLoopback).ThenBy(address => address.AddressFamily == AddressFamily.InterNetworkV6).Take(MostCandidates)];
    }

    /// <summary>Makes UDP host candidates of the addresses, in their order of preference.</summary>
    public static IReadOnlyList<IceCandidate> Create(IReadOnlyList<IPAddress> addresses, int port) =>
    [
        .. addresses.Select((address, index) => new IceCandidate(
            Foundation: (index + 1).ToString(System.Globalization.CultureInfo.InvariantCulture),
            IsTcp: false,
            Priority: IceCandidate.ComputeHostPriority(ushort.MaxValue - index),
            TransportAddress.From(address, port))),
    ];
}
