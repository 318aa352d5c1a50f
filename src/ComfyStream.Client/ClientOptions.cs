using System.Net;
using ComfyStream.Media;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Dtls;

namespace ComfyStream.Client;

/// <summary>Where and how a client connects.</summary>
public sealed record ClientOptions
{
    /// <summary>The WHIP or WHEP endpoint with its query, such as <c>http://localhost:8889/whip?channelId=cam</c>.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>Sent as <c>Authorization: Bearer</c>; null for none.</summary>
    public string? BearerToken { get; init; }

    /// <summary>Whether to offer sound.</summary>
    public bool Audio { get; init; } = true;

    /// <summary>Whether to offer a picture.</summary>
    public bool Video { get; init; } = true;

    /// <summary>Codecs of the picture to offer, most wanted first.</summary>
    public IReadOnlyList<MediaCodec> VideoCodecs { get; init; } = [MediaCodec.H264];

    /// <summary>Where the client's own UDP socket is bound; unused with <see cref="EventLoop"/>.</summary>
    public IPEndPoint LocalEndPoint { get; init; } = new(IPAddress.IPv6Any, 0);

    /// <summary>
    /// The loop that the client runs on; null for one of its own. A loop holds one client per server address and
    /// <see cref="LocalAddress"/>, and outlives the client.
    /// </summary>
    public EventLoop? EventLoop { get; init; }

    /// <summary>
    /// The address of this machine that the client sends from; null leaves the choice to the kernel. With an address each, many clients
    /// of one server share one <see cref="EventLoop"/> that is bound to all addresses.
    /// </summary>
    public IPAddress? LocalAddress { get; init; }

    /// <summary>The certificate; null for a new one.</summary>
    public DtlsIdentity? Identity { get; init; }

    /// <summary>Sends the requests, for proxies and private certificates; null for a shared one.</summary>
    public HttpClient? HttpClient { get; init; }

    /// <summary>Time limits of the connection.</summary>
    public PeerOptions Peer { get; init; } = new() { NtpEpoch = EventLoop.NtpEpoch };
}
