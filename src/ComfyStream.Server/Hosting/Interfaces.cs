using System.Net;
using System.Net.NetworkInformation;

namespace ComfyStream.Server.Hosting;

/// <summary>The addresses of this machine.</summary>
internal static class Interfaces
{
    /// <summary>Unicast addresses of interfaces that are up, loopback and link-local ones left out.</summary>
    public static IReadOnlyList<IPAddress> Addresses() =>
    [
        .. NetworkInterface.GetAllNetworkInterfaces()
            .Where(nic => nic.OperationalStatus == OperationalStatus.Up && nic.NetworkInterfaceType != NetworkInterfaceType.Loopback)
            .SelectMany(nic => nic.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .Where(address => !address.IsIPv6LinkLocal)
    ];
}
