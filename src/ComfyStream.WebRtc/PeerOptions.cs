namespace ComfyStream.WebRtc;

/// <summary>Time limits and clocks of a <see cref="PeerConnection"/>.</summary>
public sealed record PeerOptions
{
    /// <summary>From creation to the first valid ICE check.</summary>
    public TimeSpan IceTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>From the first valid check to the end of the DTLS handshake.</summary>
    public TimeSpan DtlsTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Without anything authenticated for this long the state is Disconnected.</summary>
    public TimeSpan DisconnectedAfter { get; init; } = TimeSpan.FromSeconds(7);

    /// <summary>Without anything authenticated for this long the connection fails (RFC 7675 5.1).</summary>
    public TimeSpan ConsentTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Whether an ICE-lite agent serves peers that believe to be controlled, too, instead of telling them of the conflict (487, RFC 8445
    /// 7.3.1.1): for peers that do not switch.
    /// </summary>
    public bool ToleratesIceRoleConflict { get; init; }

    /// <summary>NTP time (64-bit, RFC 3550 4) that corresponds to monotonic time zero, for sender reports.</summary>
    public ulong NtpEpoch { get; init; }
}
