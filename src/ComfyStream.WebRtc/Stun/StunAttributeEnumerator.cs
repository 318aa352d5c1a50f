using System.Buffers.Binary;

namespace ComfyStream.WebRtc.Stun;

/// <summary>Walks type, length, value and padding of a message's attributes; stops at the first that does not fit.</summary>
internal ref struct StunAttributeEnumerator(ReadOnlySpan<byte> message)
{
    public const int AttributeHeaderBytes = 4;

    private readonly ReadOnlySpan<byte> _message = message;
    private int _next = StunMessage.HeaderBytes;

    public StunAttribute Current { readonly get; private set; }

    /// <summary>Whether the attributes fill the message exactly, once <see cref="MoveNext"/> has returned false.</summary>
    public readonly bool IsAtEnd => _next == _message.Length;

    public readonly StunAttributeEnumerator GetEnumerator() => this;

    public bool MoveNext()
    {
        ReadOnlySpan<byte> rest = _message[_next..];
        if (rest.Length < AttributeHeaderBytes)
            return false;

        int valueBytes = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
        int attributeBytes = AttributeHeaderBytes + Padded(valueBytes);
        if (attributeBytes > rest.Length)
            return false;

        var type = (StunAttributeType)BinaryPrimitives.ReadUInt16BigEndian(rest);
        Current = new StunAttribute(type, _next, rest.Slice(AttributeHeaderBytes, valueBytes));
        _next += attributeBytes;
        return true;
    }

    /// <summary>Attributes start at multiples of four bytes; what fills the gap has no meaning.</summary>
    public static int Padded(int valueBytes) => (valueBytes + 3) & ~3;
}
