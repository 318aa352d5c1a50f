using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using ComfyStream.WebRtc.Srtp.Ciphers;

namespace ComfyStream.WebRtc.Srtp;

/// <summary>
/// AES_CM_128_HMAC_SHA1_80 (RFC 3711). RTP: <c>header | ciphertext | tag</c>, the tag over packet and roll-over counter;
/// RTCP: <c>header | ciphertext | E and index | tag</c>, the tag over all before it.
/// </summary>
internal sealed class CounterModeTransform : SrtpTransform
{
    private const int TagBytes = 10;
    private const int AuthenticationKeyBytes = 20;
    private const int SaltBytes = 14;

    private readonly Keys _rtp;
    private readonly Keys _rtcp;

    private CounterModeTransform(Keys rtp, Keys rtcp)
    {
        _rtp = rtp;
        _rtcp = rtcp;
    }

    public override int RtpOverheadBytes => TagBytes;

    public override int RtcpOverheadBytes => TagBytes + RtcpTrailerBytes;

    public override int MaxPayloadBytes => Aes128Counter.MaxTextBytes;

    /// <summary>Makes the session keys from the master key.</summary>
    public static CounterModeTransform Derive(ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt) =>
        new(Keys.Derive(masterKey, masterSalt, 0), Keys.Derive(masterKey, masterSalt, SrtpKeyDerivation.RtcpLabelOffset));

    public override int ProtectRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, ulong packetIndex, Span<byte> destination)
    {
        header.CopyTo(destination);
        var byteCount = header.Length + payload.Length;
        _rtp.Xor(RtpSsrc(header), packetIndex, payload, destination[header.Length..byteCount]);
        Span<byte> mac = stackalloc byte[HmacSha1.MacBytes];
        ComputeRtpMac(destination[..byteCount], packetIndex, mac);
        mac[..TagBytes].CopyTo(destination[byteCount..]);
        return byteCount + TagBytes;
    }

    public override bool TryUnprotectRtp(Span<byte> packet, int headerBytes, ulong packetIndex)
    {
        Span<byte> mac = stackalloc byte[HmacSha1.MacBytes];
        ComputeRtpMac(packet[..^TagBytes], packetIndex, mac);
        if (!CryptographicOperations.FixedTimeEquals(mac[..TagBytes], packet[^TagBytes..]))
            return false;
        var text = packet[headerBytes..^TagBytes];
        _rtp.Xor(RtpSsrc(packet), packetIndex, text, text);
        return true;
    }

    public override int ProtectRtcp(Span<byte> buffer, int byteCount, uint index)
    {
        var text = buffer[RtcpHeaderBytes..byteCount];
        _rtcp.Xor(RtcpSsrc(buffer), index, text, text);
        BinaryPrimitives.WriteUInt32BigEndian(buffer[byteCount..], RtcpEncrypted | index);
        Span<byte> mac = stackalloc byte[HmacSha1.MacBytes];
        _rtcp.Mac.Compute(buffer[..(byteCount + RtcpTrailerBytes)], [], mac);
        mac[..TagBytes].CopyTo(buffer[(byteCount + RtcpTrailerBytes)..]);
        return byteCount + RtcpOverheadBytes;
    }

    public override uint ReadRtcpTrailer(ReadOnlySpan<byte> packet) => BinaryPrimitives.ReadUInt32BigEndian(packet[^RtcpOverheadBytes..]);

    public override bool TryUnprotectRtcp(Span<byte> packet, uint trailer)
    {
        Span<byte> mac = stackalloc byte[HmacSha1.MacBytes];
        _rtcp.Mac.Compute(packet[..^TagBytes], [], mac);
        if (!CryptographicOperations.FixedTimeEquals(mac[..TagBytes], packet[^TagBytes..]))
            return false;
        if ((trailer & RtcpEncrypted) != 0)
        {
            var text = packet[RtcpHeaderBytes..^RtcpOverheadBytes];
            _rtcp.Xor(RtcpSsrc(packet), trailer & ~RtcpEncrypted, text, text);
        }
        return true;
    }

    public override void Dispose()
    {
        _rtp.Dispose();
        _rtcp.Dispose();
    }

    /// <summary>RFC 3711 4.2: over the packet as sent and the roll-over counter, which is not.</summary>
    private void ComputeRtpMac(ReadOnlySpan<byte> packet, ulong packetIndex, Span<byte> mac)
    {
        Span<byte> rolloverCounter = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(rolloverCounter, (uint)(packetIndex >> 16));
        _rtp.Mac.Compute(packet, rolloverCounter, mac);
    }

    /// <summary>The session keys of RTP or of RTCP.</summary>
    private sealed class Keys(Aes128Counter cipher, HmacSha1 mac, Vector128<byte> salt) : IDisposable
    {
        public HmacSha1 Mac { get; } = mac;

        public static Keys Derive(ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt, byte labelOffset)
        {
            Span<byte> key = stackalloc byte[Aes128Counter.KeyBytes];
            Span<byte> authenticationKey = stackalloc byte[AuthenticationKeyBytes];
            Span<byte> salt = stackalloc byte[Vector128<byte>.Count];
            salt.Clear();
            SrtpKeyDerivation.Derive(masterKey, masterSalt, (byte)(labelOffset + SrtpKeyDerivation.RtpEncryptionLabel), key);
            SrtpKeyDerivation.Derive(masterKey, masterSalt, (byte)(labelOffset + SrtpKeyDerivation.RtpAuthenticationLabel), authenticationKey);
            SrtpKeyDerivation.Derive(masterKey, masterSalt, (byte)(labelOffset + SrtpKeyDerivation.RtpSaltLabel), salt[..SaltBytes]);
            var keys = new Keys(Aes128Counter.Create(key), HmacSha1.Create(authenticationKey), Vector128.Create(salt));
            CryptographicOperations.ZeroMemory(key);
            CryptographicOperations.ZeroMemory(authenticationKey);
            return keys;
        }

        /// <summary>RFC 3711 4.1.1: the counter block is (salt · 2^16) ^ (SSRC · 2^64) ^ (index · 2^16).</summary>
        public void Xor(uint ssrc, ulong index, ReadOnlySpan<byte> source, Span<byte> destination) =>
            cipher.Xor(salt ^ Vector128.Create(BigEndian(ssrc), BigEndian(index << 16)).AsByte(), source, destination);

        public void Dispose()
        {
            cipher.Dispose();
            Mac.Dispose();
        }
    }
}
