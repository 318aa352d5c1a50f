using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Stun;
using ComfyStream.WebRtc.Tests.Stun;

namespace ComfyStream.WebRtc.Tests.Ice;

/// <summary>Names, passwords and addresses of the tests, and the messages of a peer that is built by hand.</summary>
internal static class IceTestPeer
{
    public static readonly IceCredentials Ours = new("ourUserFragment1", "ourPassword90123456789012");
    public static readonly IceCredentials Theirs = new("theirs", "theirPassword012345678901");

    public static readonly TransportPath Path = MakePath(5000);

    public static TransportPath MakePath(int remotePort) => new(Address(1, 8890), Address(2, remotePort));

    public static TransportAddress Address(byte lastByte, int port) => new([192, 0, 2, lastByte], (ushort)port);

    public static IceAgent MakeLite() => new(IceRole.LiteControlled, Ours, Theirs, [], tieBreaker: 1);

    /// <summary>A check as a browser sends it, up to its integrity.</summary>
    public static StunDatagram Check(byte transaction = 1) => UnsignedCheck(transaction).WithPriority().WithControlling();

    public static StunDatagram UnsignedCheck(byte transaction = 1) =>
        StunDatagram.Request($"{Ours.UserFragment}:{Theirs.UserFragment}", transaction);

    public static byte[] Signed(this StunDatagram datagram) => datagram.WithIntegrity(Ours.Password).WithFingerprint().Build();

    public static byte[] NominatingCheck() => Check().WithUseCandidate().Signed();

    /// <summary>Takes everything that the agent has to send.</summary>
    public static List<(Transmit Transmit, byte[] Bytes)> TakeAll(this IceAgent agent)
    {
        var all = new List<(Transmit, byte[])>();
        var buffer = new byte[IceAgent.MinTransmitBufferBytes];
        while (agent.TryGetTransmit(buffer, out Transmit transmit))
            all.Add((transmit, buffer[..transmit.ByteCount]));
        return all;
    }

    /// <summary>All bits but those of the FINGERPRINT's header: it then is another attribute after the integrity, which is ignored.</summary>
    public static IEnumerable<int> BitsThatMatter(byte[] datagram) =>
        Enumerable.Range(0, datagram.Length * 8).Where(bit => bit / 8 < datagram.Length - 8 || bit / 8 >= datagram.Length - 4);

    public static StunMessage Parse(byte[] datagram) =>
        StunMessage.TryParse(datagram, out StunMessage message) ? message : throw new ArgumentException("No STUN message.");
}
