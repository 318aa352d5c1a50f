using System.Text;
using ComfyStream.WebRtc.Stun;

namespace ComfyStream.WebRtc.Ice;

/// <summary>One connectivity check without an agent: a request to an agent whose credentials are known, and its answer.</summary>
/// <param name="target">The credentials of whom is asked.</param>
public sealed class IceProbe(IceCredentials target)
{
    /// <summary>Enough for the request.</summary>
    public const int MaxRequestBytes = 256;

    /// <summary>The user fragment that whom is asked takes for that of its peer.</summary>
    public const string UserFragment = "probe";

    private readonly StunTransactionId _transaction = StunTransactionId.Create();

    /// <summary>Writes the request, the same each time, and returns its length.</summary>
    /// <param name="destination">At least <see cref="MaxRequestBytes"/>.</param>
    public int WriteRequest(Span<byte> destination)
    {
        var writer = new StunMessageWriter(destination, StunClass.Request, _transaction);
        writer.WriteUsername(Encoding.ASCII.GetBytes($"{target.UserFragment}:{UserFragment}"));
        writer.WritePriority(IceCandidate.ComputePeerReflexivePriority(0));
        writer.WriteIceControlling(0);
        writer.WriteMessageIntegrity(Encoding.ASCII.GetBytes(target.Password));
        writer.WriteFingerprint();
        return writer.ByteCount;
    }

    /// <summary>Whether a datagram is the answer of whom was asked, and nobody else's.</summary>
    public bool IsAnswer(ReadOnlySpan<byte> datagram) =>
        StunMessage.TryParse(datagram, out StunMessage message)
        && message.Method == StunMessage.BindingMethod
        && message.Class == StunClass.SuccessResponse
        && message.TransactionId == _transaction
        && message.VerifyFingerprintIfPresent()
        && message.VerifyIntegrity(Encoding.ASCII.GetBytes(target.Password));
}
