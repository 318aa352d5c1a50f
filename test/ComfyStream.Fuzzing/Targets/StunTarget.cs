using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Stun;

namespace ComfyStream.Fuzzing.Targets;

/// <summary>
/// STUN messages as they are, and their attributes again in a message that the peer's password signs, to get past the check of it:
/// to the message's reader and to an ICE agent of either role.
/// </summary>
internal sealed class StunTarget : IFuzzTarget
{
    private const string Password = "0123456789abcdef0123456789abcdef";
    private const int IntegrityBytes = 24;
    private const int FingerprintBytes = 8;

    private static readonly IceCredentials Local = new("local", Password);
    private static readonly IceCredentials Remote = new("peer", Password);
    private static readonly TransportPath Path = new(
        TransportAddress.From(IPAddress.Parse("198.51.100.1"), 8890), TransportAddress.From(IPAddress.Parse("192.0.2.1"), 4000));

    private readonly byte[] _signed = new byte[StunMessage.MaxMessageBytes];
    private readonly byte[] _transmit = new byte[4096];

    public string Name => "stun";

    public IReadOnlyList<byte[]> Seeds { get; } = [MakeRequest(nominates: true), MakeRequest(nominates: false), MakeSuccess(), MakeError()];

    public bool Run(Span<byte> input)
    {
        bool isAccepted = Read(input);
        if (input.Length >= StunMessage.HeaderBytes && input.Length + IntegrityBytes + FingerprintBytes <= _signed.Length)
        {
            Span<byte> signed = Sign(input);
            isAccepted |= Read(signed);
            isAccepted |= Handle(IceRole.LiteControlled, signed);
            isAccepted |= Handle(IceRole.FullControlling, signed);
        }

        return isAccepted;
    }

    private static bool Read(ReadOnlySpan<byte> datagram)
    {
        if (StunMessage.TryReadUserFragment(datagram, out ReadOnlySpan<byte> fragment))
            FindingException.ThrowUnless(fragment.Length is > 0 and < 2048, "a user fragment that cannot be");
        if (!StunMessage.TryParse(datagram, out StunMessage message))
            return false;

        int valueBytes = 0;
        foreach (StunAttribute attribute in message.Attributes)
            valueBytes += attribute.Value.Length;
        FindingException.ThrowUnless(valueBytes < datagram.Length, "more attribute bytes than the message has");
        message.VerifyIntegrity("0123456789abcdef0123456789abcdef"u8);
        message.VerifyFingerprintIfPresent();
        Span<ushort> unknown = stackalloc ushort[4];
        int count = message.ReadUnknownRequired(unknown);
        FindingException.ThrowUnless(count <= Math.Min(unknown.Length, message.UnknownRequiredCount), "more unknown attributes than there are");
        return true;
    }

    private bool Handle(IceRole role, ReadOnlySpan<byte> datagram)
    {
        var agent = new IceAgent(role, Local, Remote, [new IceCandidate("1", IsTcp: false, IceCandidate.ComputeHostPriority(1), Path.Remote)], tieBreaker: 7);
        agent.AddLocalAddress(Path.Local);
        agent.HandleDeadline(TimeSpan.FromSeconds(1));
        bool isAuthentic = agent.HandleStun(TimeSpan.FromSeconds(1), Path, datagram);
        int transmits = 0;
        while (agent.TryGetTransmit(_transmit, out Transmit transmit))
        {
            FindingException.ThrowUnless(StunMessage.TryParse(_transmit.AsSpan(0, transmit.ByteCount), out _), "it sends what it cannot read");
            FindingException.ThrowUnless(++transmits < 100, "it sends for ever");
        }

        return isAuthentic;
    }

    // Header and attributes of the input; then MESSAGE-INTEGRITY and FINGERPRINT that are right.
    private Span<byte> Sign(ReadOnlySpan<byte> input)
    {
        int attributeBytes = (input.Length - StunMessage.HeaderBytes) & ~3;
        int integrityAt = StunMessage.HeaderBytes + attributeBytes;
        int fingerprintAt = integrityAt + IntegrityBytes;
        Span<byte> message = _signed.AsSpan(0, fingerprintAt + FingerprintBytes);
        input[..integrityAt].CopyTo(message);
        message[0] &= 0x3F;
        BinaryPrimitives.WriteUInt32BigEndian(message[4..], StunMessage.MagicCookie);
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], (ushort)(fingerprintAt - StunMessage.HeaderBytes));
        BinaryPrimitives.WriteUInt32BigEndian(message[integrityAt..], 0x0008_0014);
        HMACSHA1.HashData("0123456789abcdef0123456789abcdef"u8, message[..integrityAt], message[(integrityAt + 4)..]);
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], (ushort)(message.Length - StunMessage.HeaderBytes));
        BinaryPrimitives.WriteUInt32BigEndian(message[fingerprintAt..], 0x8028_0004);
        BinaryPrimitives.WriteUInt32BigEndian(message[(fingerprintAt + 4)..], StunFingerprint.Compute(message[..fingerprintAt]));
        return message;
    }

    private static byte[] MakeRequest(bool nominates)
    {
        byte[] buffer = new byte[512];
        var writer = new StunMessageWriter(buffer, StunClass.Request, StunTransactionId.Read(new byte[12]));
        writer.WriteUsername("local:peer"u8);
        writer.WritePriority(0x6E0001FF);
        writer.WriteIceControlling(42);
        if (nominates)
            writer.WriteUseCandidate();
        return Finish(ref writer, buffer);
    }

    private static byte[] MakeSuccess()
    {
        byte[] buffer = new byte[512];
        var writer = new StunMessageWriter(buffer, StunClass.SuccessResponse, StunTransactionId.Read(new byte[12]));
        writer.WriteXorMappedAddress(Path.Remote);
        return Finish(ref writer, buffer);
    }

    private static byte[] MakeError()
    {
        byte[] buffer = new byte[512];
        var writer = new StunMessageWriter(buffer, StunClass.ErrorResponse, StunTransactionId.Read(new byte[12]));
        writer.WriteErrorCode(StunErrorCode.UnknownAttribute);
        writer.WriteUnknownAttributes([0x7777, 1]);
        return Finish(ref writer, buffer);
    }

    private static byte[] Finish(ref StunMessageWriter writer, byte[] buffer)
    {
        writer.WriteMessageIntegrity("0123456789abcdef0123456789abcdef"u8);
        writer.WriteFingerprint();
        return buffer[..writer.ByteCount];
    }
}
