using System.Runtime.CompilerServices;

namespace ComfyStream.WebRtc.Srtp;

/// <summary>
/// Protects what we send to one peer (RFC 3711, RFC 7714). Owned by one thread. RTP keeps no state here: the caller gives the packet
/// index, and the same inputs give the same bytes, so that an answer to a NACK repeats the packet instead of encrypting another text
/// under the same nonce. <b>The caller never protects two different packets under one SSRC and index.</b>
/// </summary>
internal sealed class SrtpSendContext : IDisposable
{
    /// <summary>Indices of RTP packets have 48 bits (RFC 3711 3.3.1).</summary>
    public const ulong MaxPacketIndex = (1UL << 48) - 1;

    /// <summary>Indices of RTCP packets have 31 bits (RFC 3711 3.4).</summary>
    public const uint MaxRtcpIndex = (1U << 31) - 1;

    private readonly SrtpTransform _transform;
    private uint _nextRtcpIndex;

    public SrtpSendContext(SrtpProfile profile, ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt)
        : this(SrtpTransform.Create(profile, masterKey, masterSalt))
    {
    }

    internal SrtpSendContext(SrtpTransform transform, uint firstRtcpIndex = 0)
    {
        _transform = transform;
        _nextRtcpIndex = firstRtcpIndex;
    }

    /// <summary>What protection adds to an RTP packet.</summary>
    public int OverheadBytes => _transform.RtpOverheadBytes;

    /// <summary>What protection adds to an RTCP packet.</summary>
    public int RtcpOverheadBytes => _transform.RtcpOverheadBytes;

    /// <summary>
    /// Writes header, encrypted payload and tag into <paramref name="destination"/> in one pass; returns their size.
    /// <paramref name="payload"/> may be the shared one of all viewers: it is only read.
    /// </summary>
    /// <param name="header">The whole RTP header with CSRCs and extension; the SSRC is read from it.</param>
    /// <param name="payload">The payload, with padding if the header says so.</param>
    /// <param name="packetIndex">Roll-over counter · 2^16 + sequence number.</param>
    /// <param name="destination">Room for all of it and <see cref="OverheadBytes"/>; apart from <paramref name="payload"/>, or with the payload in its place.</param>
    /// <exception cref="ArgumentException">A size or the index is out of range.</exception>
    public int ProtectRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, ulong packetIndex, Span<byte> destination)
    {
        if (header.Length < SrtpTransform.RtpHeaderBytes
            || payload.Length > _transform.MaxPayloadBytes
            || packetIndex > MaxPacketIndex
            || destination.Length < header.Length + payload.Length + _transform.RtpOverheadBytes)
        {
            ThrowRtp(header.Length, payload.Length, packetIndex, destination.Length);
        }
        return _transform.ProtectRtp(header, payload, packetIndex, destination);
    }

    /// <summary>Protects the compound RTCP packet at the start of <paramref name="packetBuffer"/> in place; returns its new size.</summary>
    /// <exception cref="ArgumentException">The packet is shorter than 8 bytes, or the buffer has no room for <see cref="RtcpOverheadBytes"/> more.</exception>
    /// <exception cref="InvalidOperationException">2^31 packets were sent: the session has to end (RFC 3711 9.2).</exception>
    public int ProtectRtcp(Span<byte> packetBuffer, int byteCount)
    {
        if (byteCount < SrtpTransform.RtcpHeaderBytes
            || byteCount - SrtpTransform.RtcpHeaderBytes > _transform.MaxPayloadBytes
            || packetBuffer.Length < byteCount + _transform.RtcpOverheadBytes)
        {
            ThrowRtcp(byteCount, packetBuffer.Length);
        }
        if (_nextRtcpIndex > MaxRtcpIndex)
            throw new InvalidOperationException("2^31 RTCP packets were sent under one key: end the session (RFC 3711 9.2).");
        return _transform.ProtectRtcp(packetBuffer, byteCount, _nextRtcpIndex++);
    }

    /// <summary>Wipes the keys.</summary>
    public void Dispose() => _transform.Dispose();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ThrowRtp(int headerBytes, int payloadBytes, ulong packetIndex, int destinationBytes) => throw new ArgumentException(
        $"Cannot protect an RTP packet with a header of {headerBytes} bytes (at least {SrtpTransform.RtpHeaderBytes}), a payload of {payloadBytes} "
        + $"(at most {_transform.MaxPayloadBytes}), index {packetIndex} (below 2^48) into {destinationBytes} bytes ({OverheadBytes} more than both are needed).");

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ThrowRtcp(int byteCount, int bufferBytes) => throw new ArgumentException(
        $"Cannot protect an RTCP packet of {byteCount} bytes ({SrtpTransform.RtcpHeaderBytes} to {_transform.MaxPayloadBytes}) "
        + $"in a buffer of {bufferBytes} ({RtcpOverheadBytes} more than the packet are needed).");
}
