using System.Net;
using System.Net.NetworkInformation;

namespace ComfyStream.Streaming.Addresses;

/// <summary>An interface that is up.</summary>
/// <param name="Name">As the system calls it.</param>
/// <param name="Addresses">Its unicast addresses.</param>
internal sealed record LocalInterface(string Name, IReadOnlyList<IPAddress> Addresses)
{
    /// <summary>Those of this machine.</summary>
    public static IReadOnlyList<LocalInterface> All() =>
    [
        .. NetworkInterface.GetAllNetworkInterfaces()
            .Where(network => network.OperationalStatus != OperationalStatus.Down)
            .Select(network => new LocalInterface(network.Name, [.. network.GetIPProperties().UnicastAddresses.Select(unicast => unicast.Address)])),
    ];
}
