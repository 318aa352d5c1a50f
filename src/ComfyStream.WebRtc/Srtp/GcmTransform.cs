using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using ComfyStream.WebRtc.Srtp.Ciphers;

namespace ComfyStream.WebRtc.Srtp;

/// <summary>
/// AEAD_AES_128_GCM (RFC 7714). RTP: <c>header | ciphertext | tag</c>; RTCP: <c>header | ciphertext | tag | E and index</c>.
/// </summary>
internal sealed class GcmTransform : SrtpTransform
{
    private const int TagBytes = Aes128Gcm.TagBytes;

    private readonly Aes128Gcm _rtp;
    private readonly Aes128Gcm _rtcp;
    private readonly Vector128<byte> _rtpSalt;
    private readonly Vector128<byte> _rtcpSalt;

    /// <summary>Uses session keys as they are.</summary>
    public GcmTransform(ReadOnlySpan<byte> rtpKey, ReadOnlySpan<byte> rtpSalt, ReadOnlySpan<byte> rtcpKey, ReadOnlySpan<byte> rtcpSalt)
    {
        _rtp = Aes128Gcm.Create(rtpKey);
        _rtcp = Aes128Gcm.Create(rtcpKey);
        _rtpSalt = Pad(rtpSalt);
        _rtcpSalt = Pad(rtcpSalt);
    }

    public override int RtpOverheadBytes => TagBytes;

    public override int RtcpOverheadBytes => TagBytes + RtcpTrailerBytes;

    public override int MaxPayloadBytes => Aes128Gcm.MaxTextBytes;

    /// <summary>Makes the session keys from the master key.</summary>
    public static GcmTransform Derive(ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt)
    {
        const int KeyBytes = Aes128Gcm.KeyBytes;
        const int SaltBytes = Aes128Gcm.NonceBytes;
        Span<byte> keys = stackalloc byte[2 * (KeyBytes + SaltBytes)];
        var rtpKey = keys[..KeyBytes];
        var rtcpKey = keys.Slice(KeyBytes, KeyBytes);
        var rtpSalt = keys.Slice(2 * KeyBytes, SaltBytes);
        var rtcpSalt = keys[^SaltBytes..];
        SrtpKeyDerivation.Derive(masterKey, masterSalt, SrtpKeyDerivation.RtpEncryptionLabel, rtpKey);
        SrtpKeyDerivation.Derive(masterKey, masterSalt, SrtpKeyDerivation.RtpSaltLabel, rtpSalt);
        SrtpKeyDerivation.Derive(masterKey, masterSalt, SrtpKeyDerivation.RtcpLabelOffset + SrtpKeyDerivation.RtpEncryptionLabel, rtcpKey);
        SrtpKeyDerivation.Derive(masterKey, masterSalt, SrtpKeyDerivation.RtcpLabelOffset + SrtpKeyDerivation.RtpSaltLabel, rtcpSalt);
        var transform = new GcmTransform(rtpKey, rtpSalt, rtcpKey, rtcpSalt);
        CryptographicOperations.ZeroMemory(keys);
        return transform;
    }

    public override int ProtectRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, ulong packetIndex, Span<byte> destination)
    {
        header.CopyTo(destination);
        var ciphertext = destination.Slice(header.Length, payload.Length);
        var tag = destination.Slice(header.Length + payload.Length, TagBytes);
        _rtp.Encrypt(Nonce(_rtpSalt, RtpSsrc(header), packetIndex), header, payload, ciphertext, tag);
        return header.Length + payload.Length + TagBytes;
    }

    public override bool TryUnprotectRtp(Span<byte> packet, int headerBytes, ulong packetIndex)
    {
        var text = packet[headerBytes..^TagBytes];
        return _rtp.TryDecrypt(Nonce(_rtpSalt, RtpSsrc(packet), packetIndex), packet[..headerBytes], text, text, packet[^TagBytes..]);
    }

    public override int ProtectRtcp(Span<byte> buffer, int byteCount, uint index)
    {
        var trailer = RtcpEncrypted | index;
        var text = buffer[RtcpHeaderBytes..byteCount];
        Span<byte> associatedData = stackalloc byte[RtcpHeaderBytes + RtcpTrailerBytes];
        WriteAssociatedData(buffer, trailer, associatedData);
        _rtcp.Encrypt(Nonce(_rtcpSalt, RtcpSsrc(buffer), index), associatedData, text, text, buffer.Slice(byteCount, TagBytes));
        BinaryPrimitives.WriteUInt32BigEndian(buffer[(byteCount + TagBytes)..], trailer);
        return byteCount + RtcpOverheadBytes;
    }

    public override uint ReadRtcpTrailer(ReadOnlySpan<byte> packet) => BinaryPrimitives.ReadUInt32BigEndian(packet[^RtcpTrailerBytes..]);

    public override bool TryUnprotectRtcp(Span<byte> packet, uint trailer)
    {
        var nonce = Nonce(_rtcpSalt, RtcpSsrc(packet), trailer & ~RtcpEncrypted);
        Span<byte> tag = stackalloc byte[TagBytes];
        packet[^RtcpOverheadBytes..^RtcpTrailerBytes].CopyTo(tag);
        if ((trailer & RtcpEncrypted) == 0)
        {
            // All of the packet is associated data, with the trailing word right after it (RFC 7714 9.3): the word moves over the tag.
            packet[^RtcpTrailerBytes..].CopyTo(packet[^RtcpOverheadBytes..]);
            return _rtcp.TryDecrypt(nonce, packet[..^TagBytes], [], [], tag);
        }
        var text = packet[RtcpHeaderBytes..^RtcpOverheadBytes];
        Span<byte> associatedData = stackalloc byte[RtcpHeaderBytes + RtcpTrailerBytes];
        WriteAssociatedData(packet, trailer, associatedData);
        return _rtcp.TryDecrypt(nonce, associatedData, text, text, tag);
    }

    public override void Dispose()
    {
        _rtp.Dispose();
        _rtcp.Dispose();
    }

    private static void WriteAssociatedData(ReadOnlySpan<byte> packet, uint trailer, Span<byte> associatedData)
    {
        packet[..RtcpHeaderBytes].CopyTo(associatedData);
        BinaryPrimitives.WriteUInt32BigEndian(associatedData[RtcpHeaderBytes..], trailer);
    }

    /// <summary>
    /// RFC 7714 8.1 and 9.1: two zero bytes, SSRC, 48-bit index, xored with the salt. An RTP index is roll-over counter and sequence
    /// number; an RTCP index has 31 bits, which leaves the two bytes before it zero.
    /// </summary>
    private static Vector128<byte> Nonce(Vector128<byte> salt, uint ssrc, ulong index) =>
        salt ^ Vector128.Create(BigEndian(((ulong)ssrc << 16) | (index >> 32)), BigEndian(index << 32)).AsByte();

    private static Vector128<byte> Pad(ReadOnlySpan<byte> salt)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(salt.Length, Aes128Gcm.NonceBytes);
        Span<byte> block = stackalloc byte[Vector128<byte>.Count];
        block.Clear();
        salt.CopyTo(block);
        return Vector128.Create(block);
    }
}
