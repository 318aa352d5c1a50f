using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ComfyStream.WebRtc.Stun;

/// <summary>
/// Writes one Binding message into memory of the caller, attribute after attribute; MESSAGE-INTEGRITY and then FINGERPRINT come last.
/// The length field is right after every step. Too small a destination throws: the caller knows what it writes.
/// </summary>
internal ref struct StunMessageWriter
{
    private readonly Span<byte> _destination;

    public StunMessageWriter(Span<byte> destination, StunClass messageClass, StunTransactionId transactionId)
    {
        _destination = destination;
        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)((ushort)messageClass | StunMessage.BindingMethod));
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], StunMessage.MagicCookie);
        transactionId.Write(destination[8..]);
        SetByteCount(StunMessage.HeaderBytes);
    }

    /// <summary>Bytes of the message so far.</summary>
    public int ByteCount { readonly get; private set; }

    public void WriteUsername(scoped ReadOnlySpan<byte> username) =>
        username.CopyTo(AddAttribute(StunAttributeType.Username, username.Length));

    public void WritePriority(uint priority) =>
        BinaryPrimitives.WriteUInt32BigEndian(AddAttribute(StunAttributeType.Priority, 4), priority);

    public void WriteUseCandidate() => AddAttribute(StunAttributeType.UseCandidate, 0);

    public void WriteIceControlling(ulong tieBreaker) =>
        BinaryPrimitives.WriteUInt64BigEndian(AddAttribute(StunAttributeType.IceControlling, 8), tieBreaker);

    public void WriteIceControlled(ulong tieBreaker) =>
        BinaryPrimitives.WriteUInt64BigEndian(AddAttribute(StunAttributeType.IceControlled, 8), tieBreaker);

    public void WriteXorMappedAddress(in TransportAddress address)
    {
        Span<byte> value = stackalloc byte[StunXorAddress.MaxBytes];
        int valueBytes = StunXorAddress.Write(address, _destination[4..StunMessage.HeaderBytes], value);
        value[..valueBytes].CopyTo(AddAttribute(StunAttributeType.XorMappedAddress, valueBytes));
    }

    public void WriteErrorCode(StunErrorCode code)
    {
        ReadOnlySpan<byte> reason = code switch
        {
            StunErrorCode.BadRequest => "Bad Request"u8,
            StunErrorCode.UnknownAttribute => "Unknown Attribute"u8,
            StunErrorCode.RoleConflict => "Role Conflict"u8,
            _ => default,
        };
        Span<byte> value = AddAttribute(StunAttributeType.ErrorCode, 4 + reason.Length);
        BinaryPrimitives.WriteUInt16BigEndian(value, 0);
        value[2] = (byte)((int)code / 100);
        value[3] = (byte)((int)code % 100);
        reason.CopyTo(value[4..]);
    }

    public void WriteUnknownAttributes(scoped ReadOnlySpan<ushort> types)
    {
        Span<byte> value = AddAttribute(StunAttributeType.UnknownAttributes, types.Length * 2);
        for (int index = 0; index < types.Length; index++)
            BinaryPrimitives.WriteUInt16BigEndian(value[(index * 2)..], types[index]);
    }

    /// <summary>Signs what is written so far with a short-term password.</summary>
    public void WriteMessageIntegrity(scoped ReadOnlySpan<byte> password)
    {
        ReadOnlySpan<byte> covered = _destination[..ByteCount];
        Span<byte> value = AddAttribute(StunAttributeType.MessageIntegrity, StunMessage.IntegrityValueBytes);
        HMACSHA1.HashData(password, covered, value);
    }

    /// <summary>Ends the message with its check sum.</summary>
    public void WriteFingerprint()
    {
        ReadOnlySpan<byte> covered = _destination[..ByteCount];
        Span<byte> value = AddAttribute(StunAttributeType.Fingerprint, StunMessage.FingerprintValueBytes);
        BinaryPrimitives.WriteUInt32BigEndian(value, StunFingerprint.Compute(covered));
    }

    private Span<byte> AddAttribute(StunAttributeType type, int valueBytes)
    {
        int paddedBytes = StunAttributeEnumerator.Padded(valueBytes);
        Span<byte> attribute = _destination.Slice(ByteCount, StunAttributeEnumerator.AttributeHeaderBytes + paddedBytes);
        BinaryPrimitives.WriteUInt16BigEndian(attribute, (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(attribute[2..], (ushort)valueBytes);
        Span<byte> value = attribute[StunAttributeEnumerator.AttributeHeaderBytes..];
        value[valueBytes..].Clear();
        SetByteCount(ByteCount + attribute.Length);
        return value[..valueBytes];
    }

    private void SetByteCount(int byteCount)
    {
        ByteCount = byteCount;
        BinaryPrimitives.WriteUInt16BigEndian(_destination[2..], (ushort)(byteCount - StunMessage.HeaderBytes));
    }
}
