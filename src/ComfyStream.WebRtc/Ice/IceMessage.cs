using System.Runtime.CompilerServices;
using ComfyStream.WebRtc.Stun;

namespace ComfyStream.WebRtc.Ice;

/// <summary>What an <see cref="IceMessage"/> is.</summary>
internal enum IceMessageKind
{
    /// <summary>A Binding request: connectivity or consent check.</summary>
    Check,

    /// <summary>A Binding request with USE-CANDIDATE.</summary>
    Nomination,

    /// <summary>The success response to a check of the peer.</summary>
    Success,

    /// <summary>An error response to a request of the peer.</summary>
    Error,
}

/// <summary>A message that waits to be sent, in the few values from which it is written then.</summary>
internal struct IceMessage
{
    public IceMessageKind Kind;
    public StunErrorCode ErrorCode;
    public TransportPath Path;
    public StunTransactionId TransactionId;

    /// <summary>The session that a response belongs to, whose password signs it.</summary>
    public IceKeys? Keys;
    public UnknownAttributeTypes UnknownAttributes;
    public int UnknownAttributeCount;
}

/// <summary>The attribute types that a 420 response names; those beyond are left out, which is enough to tell the peer what to stop sending.</summary>
[InlineArray(Capacity)]
internal struct UnknownAttributeTypes
{
    public const int Capacity = 4;

    private ushort _first;
}
