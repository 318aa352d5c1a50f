using System.Net;

namespace ComfyStream.Streaming.Addresses;

/// <summary>An address that answers announce.</summary>
/// <param name="Address">The address.</param>
/// <param name="Port">Port at which clients reach the first media port; null: as here.</param>
/// <param name="Protocol">What clients reach there.</param>
internal sealed record AnnouncedAddress(IPAddress Address, int? Port = null, AdvertisedProtocol Protocol = AdvertisedProtocol.Any)
{
    public override string ToString() => new AdvertisedAddress(Address.ToString(), Port, Protocol).ToString();
}
