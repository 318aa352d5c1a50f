using System.Net;
using ComfyStream.Media;
using ComfyStream.Streaming.Addresses;
using ComfyStream.Transport;
using ComfyStream.WebRtc;

namespace ComfyStream.Streaming;

/// <summary>What the relay is started with.</summary>
public sealed record RelayOptions
{
    /// <summary>Local address of the media sockets; any address by default, answering from the one that was asked.</summary>
    public IPAddress MediaHost { get; init; } = IPAddress.IPv6Any;

    /// <summary>UDP port of the first event loop; the next loops take the following ones. 0: any free ports.</summary>
    public int MediaPort { get; init; } = 8890;

    /// <summary>TCP port for clients whose network blocks UDP, one for all loops; 0: any free one; null: none.</summary>
    public int? IceTcpPort { get; init; }

    /// <summary>Event loops, each a thread with a socket of its own; 1 to 64.</summary>
    public int EventLoops { get; init; } = 1;

    /// <summary>How datagrams go to and from the kernel; null: the best way that works here.</summary>
    public SocketMode? SocketMode { get; init; }

    /// <summary>Addresses announced as candidates, best first; empty: those of the interfaces, or the one that the sockets are bound to.</summary>
    public IReadOnlyList<AdvertisedAddress> Advertise { get; init; } = [];

    /// <summary>Interfaces whose addresses are announced.</summary>
    public InterfaceFilter InterfaceFilter { get; init; } = new();

    /// <summary>Whether 127.0.0.1 is announced beside the addresses of the interfaces, for clients on this machine.</summary>
    public bool AnnouncesLoopback { get; init; }

    /// <summary>Looks a host name up.</summary>
    internal Func<string, IReadOnlyList<IPAddress>> Resolve { get; init; } = Dns.GetHostAddresses;

    /// <summary>Lists the interfaces.</summary>
    internal Func<IReadOnlyList<LocalInterface>> Interfaces { get; init; } = LocalInterface.All;

    /// <summary>Target of the encoder in bit/s.</summary>
    public int BitRate { get; init; } = 2_000_000;

    /// <summary>Whether <c>streamId=channel/raw</c> is served.</summary>
    public bool AllowRaw { get; init; }

    /// <summary>Makes codecs; null when no codec library is installed: workflows other than passthrough are then refused.</summary>
    public ICodecFactory? Codecs { get; init; }

    /// <summary>How long viewers keep the last picture after a publisher's has stopped, before they see a slate.</summary>
    public TimeSpan GraceTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long viewers keep the last picture while the workflow gives none.</summary>
    public TimeSpan HoldTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long viewers may wait for a publisher; <see cref="TimeSpan.MaxValue"/>: for ever.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Whether clients that believe to be controlled by us in ICE are served, instead of being told (487).</summary>
    public bool ToleratesIceRoleConflict { get; init; }

    /// <summary>Tells the age of our DTLS certificate.</summary>
    internal TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Time limits of the peers.</summary>
    internal PeerOptions Peer { get; init; } = new();

    /// <summary>Sessions at once.</summary>
    public int MostSessions { get; init; } = 4096;

    /// <summary>Channels at once.</summary>
    public int MostStreams { get; init; } = 1024;
}
