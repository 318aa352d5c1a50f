using System.Net;
using System.Net.Sockets;

namespace ComfyStream.Streaming.Addresses;

/// <summary>Chooses the addresses that answers announce, IPv4 first, since some clients (FFmpeg) only try the first.</summary>
/// <param name="advertise">What the operator wants announced; empty: the addresses of the interfaces.</param>
/// <param name="filter">Which interfaces count.</param>
/// <param name="announcesLoopback">Whether clients on this machine are told of 127.0.0.1, last.</param>
internal sealed class AddressChoice(IReadOnlyList<AdvertisedAddress> advertise, InterfaceFilter filter, bool announcesLoopback)
{
    private const int MostAddresses = 16;

    /// <summary>The host names among them.</summary>
    public IEnumerable<string> Names => advertise.Where(entry => entry.Address is null && !entry.IsOwnInterfaces).Select(entry => entry.Host).Distinct(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the interfaces decide.</summary>
    public bool NeedsInterfaces(IPAddress boundTo) => IsAny(boundTo) && (advertise.Count == 0 || advertise.Any(entry => entry.IsOwnInterfaces));

    /// <summary>The addresses to announce.</summary>
    /// <param name="boundTo">What the media sockets are bound to.</param>
    /// <param name="interfaces">Those of this machine.</param>
    /// <param name="addressesOf">The addresses of a host name.</param>
    /// <exception cref="AddressException">There is none.</exception>
    public IReadOnlyList<AnnouncedAddress> Choose(IPAddress boundTo, IReadOnlyList<LocalInterface> interfaces, Func<string, IReadOnlyList<IPAddress>> addressesOf)
    {
        IEnumerable<AdvertisedAddress> entries = advertise.Count > 0 ? advertise : [new AdvertisedAddress(AdvertisedAddress.OwnInterfaces)];
        AnnouncedAddress[] chosen =
        [
            .. entries.SelectMany(entry => AddressesOf(entry).Select(address => new AnnouncedAddress(address, entry.Port, entry.Protocol))).Distinct().Take(MostAddresses),
        ];
        return chosen.Length > 0 ? chosen : throw new AddressException(WhyNone(interfaces));

        IEnumerable<IPAddress> AddressesOf(AdvertisedAddress entry) =>
            entry.IsOwnInterfaces ? OfInterfaces(boundTo, interfaces)
            : entry.Address is { } address ? [address]
            : Sort(addressesOf(entry.Host).Where(found => Takes(boundTo, found)));
    }

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static IEnumerable<IPAddress> Sort(IEnumerable<IPAddress> addresses) =>
        addresses.OrderBy(IPAddress.IsLoopback).ThenBy(address => address.AddressFamily == AddressFamily.InterNetworkV6);

    // A link-local address needs a zone, which only its own link knows.
    private static bool Takes(IPAddress boundTo, IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetwork || (boundTo.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv6LinkLocal);

    private IEnumerable<IPAddress> OfInterfaces(IPAddress boundTo, IReadOnlyList<LocalInterface> interfaces)
    {
        if (!IsAny(boundTo))
            return [boundTo];

        List<IPAddress> chosen =
        [
            .. from network in interfaces
               where filter.Takes(network.Name)
               from address in network.Addresses
               where Takes(boundTo, address) && (!IPAddress.IsLoopback(address) || filter.Names(network.Name))
               select address,
        ];
        // A machine without a network still has clients of its own.
        if (announcesLoopback || (chosen.Count == 0 && filter.Text.Length == 0))
            chosen.Add(IPAddress.Loopback);
        return Sort(chosen.Distinct());
    }

    private string WhyNone(IReadOnlyList<LocalInterface> interfaces) => advertise.Count > 0 && !advertise.Any(entry => entry.IsOwnInterfaces)
        ? $"{string.Join(", ", advertise)} has no address that the media sockets can be reached at; name an address, or a name that has one."
        : $"no interface with an address is left by {filter.Text}; there are {string.Join(", ", interfaces.Select(network => network.Name))}.";
}
