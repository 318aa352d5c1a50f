using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace ComfyStream.WebRtc.Stun;

/// <summary>
/// A STUN message (RFC 8489) seen where it lies in its datagram: structure checked, the attributes that ICE uses picked out,
/// nothing authenticated yet. Of an attribute that comes twice the first counts (RFC 8489 section 14).
/// </summary>
public ref struct StunMessage
{
    internal const int HeaderBytes = 20;
    internal const uint MagicCookie = 0x2112_A442;
    internal const ushort BindingMethod = 0x0001;
    internal const int IntegrityValueBytes = HMACSHA1.HashSizeInBytes;
    internal const int FingerprintValueBytes = 4;

    /// <summary>STUN over UDP stays below the path's MTU (RFC 8489 section 6.1); a longer datagram is not one of ours.</summary>
    internal const int MaxMessageBytes = 2048;

    private const int CookieOffset = 4;
    private const int TransactionIdOffset = 8;
    private const ushort ClassMask = 0x0110;
    private const ushort MethodMask = 0x3EEF;

    private readonly ReadOnlySpan<byte> _bytes;
    private int _integrityOffset;
    private int _fingerprintOffset;

    private StunMessage(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    internal readonly StunClass Class => (StunClass)(MessageType & ClassMask);

    /// <summary>The method bits in their place, so that Binding is 1.</summary>
    internal readonly ushort Method => (ushort)(MessageType & MethodMask);

    internal readonly StunTransactionId TransactionId => StunTransactionId.Read(_bytes[TransactionIdOffset..]);

    /// <summary>All attributes as they lie there, those after MESSAGE-INTEGRITY too.</summary>
    internal readonly StunAttributeEnumerator Attributes => new(_bytes);

    /// <summary>USERNAME, empty without one.</summary>
    internal ReadOnlySpan<byte> Username { readonly get; private set; }

    internal uint? Priority { readonly get; private set; }

    internal bool HasUseCandidate { readonly get; private set; }

    /// <summary>The tie-breaker of a sender that believes to be controlled.</summary>
    internal ulong? IceControlled { readonly get; private set; }

    /// <summary>The tie-breaker of a sender that believes to be controlling.</summary>
    internal ulong? IceControlling { readonly get; private set; }

    internal TransportAddress? XorMappedAddress { readonly get; private set; }

    internal StunErrorCode? ErrorCode { readonly get; private set; }

    /// <summary>Whether an attribute that we know has a value that it cannot have: reason for a 400.</summary>
    internal bool IsMalformed { readonly get; private set; }

    /// <summary>How many attributes have to be understood and are not: reason for a 420.</summary>
    internal int UnknownRequiredCount { readonly get; private set; }

    internal readonly bool HasIntegrity => _integrityOffset != 0;

    internal readonly bool HasFingerprint => _fingerprintOffset != 0;

    private readonly ushort MessageType => BinaryPrimitives.ReadUInt16BigEndian(_bytes);

    /// <summary>Reads a datagram that is exactly one STUN message. False for anything else.</summary>
    public static bool TryParse(ReadOnlySpan<byte> datagram, out StunMessage message)
    {
        message = new StunMessage(datagram);
        if (!HasValidHeader(datagram) || !message.TryReadAttributes())
        {
            message = default;
            return false;
        }

        return true;
    }

    /// <summary>
    /// Reads only what finds a session: of a Binding request's USERNAME <c>local:remote</c> (RFC 8445 section 7.2.2) the first part.
    /// Nothing is authenticated.
    /// </summary>
    public static bool TryReadUserFragment(ReadOnlySpan<byte> datagram, out ReadOnlySpan<byte> localUserFragment)
    {
        localUserFragment = default;
        if (!HasValidHeader(datagram) || BinaryPrimitives.ReadUInt16BigEndian(datagram) != BindingMethod)
            return false;

        foreach (StunAttribute attribute in new StunAttributeEnumerator(datagram))
        {
            if (attribute.Type == StunAttributeType.MessageIntegrity)
                return false;
            if (attribute.Type != StunAttributeType.Username)
                continue;

            int colon = attribute.Value.IndexOf((byte)':');
            if (colon <= 0)
                return false;
            localUserFragment = attribute.Value[..colon];
            return true;
        }

        return false;
    }

    /// <summary>Whether MESSAGE-INTEGRITY is there and made with this short-term password (RFC 8489 section 14.5).</summary>
    [SkipLocalsInit]
    internal readonly bool VerifyIntegrity(ReadOnlySpan<byte> password)
    {
        if (!HasIntegrity)
            return false;

        // The hash covers a length field that ends at MESSAGE-INTEGRITY, whatever follows it.
        Span<byte> covered = stackalloc byte[MaxMessageBytes];
        covered = covered[.._integrityOffset];
        _bytes[.._integrityOffset].CopyTo(covered);
        int lengthAtIntegrity = _integrityOffset + StunAttributeEnumerator.AttributeHeaderBytes + IntegrityValueBytes - HeaderBytes;
        BinaryPrimitives.WriteUInt16BigEndian(covered[2..], (ushort)lengthAtIntegrity);

        Span<byte> expected = stackalloc byte[IntegrityValueBytes];
        HMACSHA1.HashData(password, covered, expected);
        return CryptographicOperations.FixedTimeEquals(expected, Value(_integrityOffset, IntegrityValueBytes));
    }

    /// <summary>Whether FINGERPRINT is absent or right (RFC 8489 section 14.7).</summary>
    internal readonly bool VerifyFingerprintIfPresent() =>
        !HasFingerprint
        || StunFingerprint.Compute(_bytes[.._fingerprintOffset])
            == BinaryPrimitives.ReadUInt32BigEndian(Value(_fingerprintOffset, FingerprintValueBytes));

    /// <summary>Lists the attributes of <see cref="UnknownRequiredCount"/>, as many as fit, and returns how many.</summary>
    internal readonly int ReadUnknownRequired(Span<ushort> destination)
    {
        int count = 0;
        foreach (StunAttribute attribute in Attributes)
        {
            if (attribute.Type == StunAttributeType.MessageIntegrity || count == destination.Length)
                break;
            if (IsUnknownRequired(attribute))
                destination[count++] = (ushort)attribute.Type;
        }

        return count;
    }

    private static bool HasValidHeader(ReadOnlySpan<byte> datagram) =>
        datagram.Length is >= HeaderBytes and <= MaxMessageBytes
        && datagram[0] <= 3
        && datagram.Length % 4 == 0
        && BinaryPrimitives.ReadUInt16BigEndian(datagram[2..]) == datagram.Length - HeaderBytes
        && BinaryPrimitives.ReadUInt32BigEndian(datagram[CookieOffset..]) == MagicCookie;

    // Not Enum.IsDefined: what it caches is collected with the garbage and made anew.
    private static bool IsUnknownRequired(in StunAttribute attribute) => attribute.IsComprehensionRequired && attribute.Type is not
        (StunAttributeType.MappedAddress
        or StunAttributeType.Username
        or StunAttributeType.MessageIntegrity
        or StunAttributeType.ErrorCode
        or StunAttributeType.UnknownAttributes
        or StunAttributeType.MessageIntegritySha256
        or StunAttributeType.XorMappedAddress
        or StunAttributeType.Priority
        or StunAttributeType.UseCandidate);

    private readonly ReadOnlySpan<byte> Value(int attributeOffset, int valueBytes) =>
        _bytes.Slice(attributeOffset + StunAttributeEnumerator.AttributeHeaderBytes, valueBytes);

    private bool TryReadAttributes()
    {
        StunAttributeEnumerator attributes = Attributes;
        while (attributes.MoveNext())
        {
            StunAttribute attribute = attributes.Current;
            if (HasFingerprint)
                return false; // FINGERPRINT is the last (RFC 8489 section 14.7)

            if (attribute.Type == StunAttributeType.Fingerprint)
            {
                if (attribute.Value.Length != FingerprintValueBytes)
                    return false;
                _fingerprintOffset = attribute.Offset;
            }
            else if (attribute.Type == StunAttributeType.MessageIntegrity && !HasIntegrity)
            {
                if (attribute.Value.Length != IntegrityValueBytes)
                    return false;
                _integrityOffset = attribute.Offset;
            }
            else if (!HasIntegrity)
            {
                // What follows MESSAGE-INTEGRITY is not covered by it and not looked at (RFC 8489 section 14.5).
                Read(attribute);
            }
        }

        return attributes.IsAtEnd;
    }

    private void Read(in StunAttribute attribute)
    {
        ReadOnlySpan<byte> value = attribute.Value;
        switch (attribute.Type)
        {
            case StunAttributeType.Username:
                if (Username.IsEmpty)
                    Username = value;
                break;
            case StunAttributeType.Priority:
                Priority ??= HasLength(value, 4) ? BinaryPrimitives.ReadUInt32BigEndian(value) : null;
                break;
            case StunAttributeType.UseCandidate:
                HasUseCandidate = true;
                break;
            case StunAttributeType.IceControlled:
                IceControlled ??= HasLength(value, 8) ? BinaryPrimitives.ReadUInt64BigEndian(value) : null;
                break;
            case StunAttributeType.IceControlling:
                IceControlling ??= HasLength(value, 8) ? BinaryPrimitives.ReadUInt64BigEndian(value) : null;
                break;
            case StunAttributeType.XorMappedAddress:
                XorMappedAddress ??= ReadXorMappedAddress(value);
                break;
            case StunAttributeType.ErrorCode:
                ErrorCode ??= ReadErrorCode(value);
                break;
            default:
                if (IsUnknownRequired(attribute))
                    UnknownRequiredCount++;
                break;
        }
    }

    private bool HasLength(ReadOnlySpan<byte> value, int byteCount)
    {
        IsMalformed |= value.Length != byteCount;
        return value.Length == byteCount;
    }

    private TransportAddress? ReadXorMappedAddress(ReadOnlySpan<byte> value)
    {
        if (StunXorAddress.TryRead(value, _bytes[CookieOffset..HeaderBytes], out TransportAddress address))
            return address;
        IsMalformed = true;
        return null;
    }

    private StunErrorCode? ReadErrorCode(ReadOnlySpan<byte> value)
    {
        if (value.Length >= 4 && (value[2] & 7) is >= 3 and <= 6 && value[3] < 100)
            return (StunErrorCode)(((value[2] & 7) * 100) + value[3]);
        IsMalformed = true;
        return null;
    }
}
