using System.Buffers.Binary;

namespace ComfyStream.WebRtc.Srtp;

/// <summary>
/// The packet transform of one profile under the session keys of one direction: encryption and authentication, no state that changes.
/// Sizes are checked by the caller. Owned by one thread.
/// </summary>
internal abstract class SrtpTransform : IDisposable
{
    /// <summary>The fixed part of an RTP header (RFC 3550 5.1).</summary>
    public const int RtpHeaderBytes = 12;

    /// <summary>The part of a compound RTCP packet that stays in the clear: first header word and SSRC (RFC 3711 3.4).</summary>
    public const int RtcpHeaderBytes = 8;

    /// <summary>The E bit of SRTCP's trailing word: the packet is encrypted.</summary>
    public const uint RtcpEncrypted = 1U << 31;

    protected const int RtcpTrailerBytes = 4;

    /// <summary>What protection adds to an RTP packet.</summary>
    public abstract int RtpOverheadBytes { get; }

    /// <summary>What protection adds to an RTCP packet.</summary>
    public abstract int RtcpOverheadBytes { get; }

    /// <summary>The largest payload that can be protected.</summary>
    public abstract int MaxPayloadBytes { get; }

    public static SrtpTransform Create(SrtpProfile profile, ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(masterKey.Length, SrtpProfileSizes.MasterKeyBytes);
        ArgumentOutOfRangeException.ThrowIfNotEqual(masterSalt.Length, profile.MasterSaltBytes());
        return profile == SrtpProfile.AeadAes128Gcm
            ? GcmTransform.Derive(masterKey, masterSalt)
            : CounterModeTransform.Derive(masterKey, masterSalt);
    }

    /// <summary>Writes header, encrypted payload and tag; returns their size.</summary>
    public abstract int ProtectRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, ulong packetIndex, Span<byte> destination);

    /// <summary>Checks the tag and decrypts in place. When false the packet holds rubbish.</summary>
    public abstract bool TryUnprotectRtp(Span<byte> packet, int headerBytes, ulong packetIndex);

    /// <summary>Encrypts <paramref name="byteCount"/> bytes in place and adds tag and trailing word; returns the new size.</summary>
    public abstract int ProtectRtcp(Span<byte> buffer, int byteCount, uint index);

    /// <summary>Reads SRTCP's word of E bit and index.</summary>
    public abstract uint ReadRtcpTrailer(ReadOnlySpan<byte> packet);

    /// <summary>Checks the tag and, if the E bit says so, decrypts in place. When false the packet holds rubbish.</summary>
    public abstract bool TryUnprotectRtcp(Span<byte> packet, uint trailer);

    public abstract void Dispose();

    protected static uint RtpSsrc(ReadOnlySpan<byte> packet) => BinaryPrimitives.ReadUInt32BigEndian(packet[8..]);

    protected static uint RtcpSsrc(ReadOnlySpan<byte> packet) => BinaryPrimitives.ReadUInt32BigEndian(packet[4..]);

    /// <summary>The value whose bytes in memory are the big-endian ones of <paramref name="value"/>.</summary>
    protected static ulong BigEndian(ulong value) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
}
