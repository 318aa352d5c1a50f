using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ComfyStream.Streaming.Addresses;

/// <summary>
/// Where clients reach the media ports, as the operator says it: an address, a name whose addresses are looked up, or "interfaces" for
/// those of this machine; perhaps with the port that a router maps.
/// </summary>
/// <param name="Host">IP address, host name or <see cref="OwnInterfaces"/>.</param>
/// <param name="Port">Port at which clients reach the first media port, those of the next event loops behind it, and that of ICE-TCP; null: the ports are as they are here.</param>
/// <param name="Protocol">What clients reach there.</param>
public sealed record AdvertisedAddress(string Host, int? Port = null, AdvertisedProtocol Protocol = AdvertisedProtocol.Any)
{
    /// <summary>Stands for the addresses of the interfaces.</summary>
    public const string OwnInterfaces = "interfaces";

    /// <summary>The address; null when <see cref="Host"/> is a name.</summary>
    public IPAddress? Address { get; } = IPAddress.TryParse(Host, out IPAddress? address) ? address : null;

    /// <summary>Whether it stands for the addresses of the interfaces.</summary>
    public bool IsOwnInterfaces => Host == OwnInterfaces;

    /// <summary>An address with the ports as they are here.</summary>
    public static implicit operator AdvertisedAddress(IPAddress address) => FromIPAddress(address);

    /// <summary>An address with the ports as they are here.</summary>
    public static AdvertisedAddress FromIPAddress(IPAddress address) => new(address.ToString());

    /// <summary>Reads <c>203.0.113.7</c>, <c>relay.example.org:40000</c>, <c>[2001:db8::1]:443/tcp</c> or <c>interfaces</c>.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out AdvertisedAddress? address, out string problem)
    {
        address = null;
        problem = "";
        string rest = text;
        AdvertisedProtocol protocol = TakeProtocol(ref rest);
        int? port = null;
        string host = rest.Trim('[', ']');
        // IPAddress takes "[2001:db8::1]:40000" and forgets the port.
        bool isBare = !rest.StartsWith('[') && IPAddress.TryParse(rest, out _);
        if (!isBare && !rest.EndsWith(']') && rest.LastIndexOf(':') is > 0 and var colon)
        {
            if (!ushort.TryParse(rest[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out ushort number) || number == 0)
                return Fail($"'{text}' must be an IP address or a host name, perhaps with a port from 1 to 65535, as 203.0.113.7:40000 or [2001:db8::1]:40000.", out problem);
            (host, port) = (rest[..colon].Trim('[', ']'), number);
        }

        address = new AdvertisedAddress(host, port, protocol);
        if (address.IsOwnInterfaces)
            return port is null || Fail($"'{text}': the ports of the interfaces are those of --media-port; leave the port out.", out problem);
        if (address.Address is null && (Uri.CheckHostName(host) != UriHostNameType.Dns || !host.Any(char.IsAsciiLetter)))
            return Fail($"'{text}' is neither an IP address nor a host name.", out problem);
        return address.Address is not { } ip || IsUnicast(ip)
            || Fail($"{text} is not an address that clients can send to; leave it out to announce every interface.", out problem);
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        string host = Port is not null && Address?.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{Host}]" : Host;
        return host + (Port is { } port ? FormattableString.Invariant($":{port}") : "") + (Protocol == AdvertisedProtocol.Any ? "" : Protocol == AdvertisedProtocol.Udp ? "/udp" : "/tcp");
    }

    private static AdvertisedProtocol TakeProtocol(ref string rest)
    {
        AdvertisedProtocol protocol = rest.EndsWith("/udp", StringComparison.OrdinalIgnoreCase) ? AdvertisedProtocol.Udp
            : rest.EndsWith("/tcp", StringComparison.OrdinalIgnoreCase) ? AdvertisedProtocol.Tcp
            : AdvertisedProtocol.Any;
        if (protocol != AdvertisedProtocol.Any)
            rest = rest[..^4];
        return protocol;
    }

    private static bool IsUnicast(IPAddress address) =>
        !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any) && !address.Equals(IPAddress.Broadcast)
        && !address.IsIPv6Multicast && !(address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes()[0] is >= 224 and <= 239);

    private static bool Fail(string text, out string problem)
    {
        problem = text;
        return false;
    }
}

/// <summary>What clients reach at an advertised address.</summary>
public enum AdvertisedProtocol
{
    /// <summary>The media ports by UDP, and that of ICE-TCP.</summary>
    Any,

    /// <summary>The media ports by UDP.</summary>
    Udp,

    /// <summary>The port of ICE-TCP.</summary>
    Tcp,
}
