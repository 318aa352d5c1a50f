using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ComfyStream.WebRtc.Stun;

/// <summary>The 96 bits that tie a response to its request (RFC 8489 section 5), as a value.</summary>
internal readonly record struct StunTransactionId(ulong High, uint Low)
{
    public const int ByteCount = 12;

    /// <summary>Unpredictable, so that nobody off the path can answer in the peer's place.</summary>
    public static StunTransactionId Create()
    {
        Span<byte> bytes = stackalloc byte[ByteCount];
        RandomNumberGenerator.Fill(bytes);
        return Read(bytes);
    }

    public static StunTransactionId Read(ReadOnlySpan<byte> source) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(source), BinaryPrimitives.ReadUInt32BigEndian(source[8..]));

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, High);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], Low);
    }
}
