using System.Buffers.Binary;
using System.Security.Cryptography;
using ComfyStream.WebRtc.Srtp;
using ComfyStream.WebRtc.Tests.Dtls;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Srtp;

/// <summary>Our packets through libsrtp and libsrtp's through ours. Debian package: python3-pylibsrtp.</summary>
public sealed class LibSrtpPeerTests
{
    // One command a line; the packet in hex, or the error, in answer. The path's python3 may be one without Debian's modules.
    private const string Python = "/usr/bin/python3";
    private const string Script = """
        import sys
        from pylibsrtp import Error, Policy, Session

        def session(ssrc_type):
            policy = Policy(key=bytes.fromhex(sys.argv[2]), ssrc_type=ssrc_type, srtp_profile=int(sys.argv[1]))
            policy.window_size = 1024
            return Session(policy)

        outbound, inbound = session(Policy.SSRC_ANY_OUTBOUND), session(Policy.SSRC_ANY_INBOUND)
        commands = {"protect": outbound.protect, "protect_rtcp": outbound.protect_rtcp,
                    "unprotect": inbound.unprotect, "unprotect_rtcp": inbound.unprotect_rtcp}
        print("ready", flush=True)
        for line in sys.stdin:
            command, packet = line.split()
            try:
                print("packet", commands[command](bytes.fromhex(packet)).hex(), flush=True)
            except Error as error:
                print("packet error", error, flush=True)
        """;

    public static TheoryData<string> Profiles => [nameof(SrtpProfile.AeadAes128Gcm), nameof(SrtpProfile.Aes128CmHmacSha1_80)];

    [Theory]
    [MemberData(nameof(Profiles))]
    public void RTP_goes_both_ways_over_two_wraps_of_the_sequence_number(string profileName)
    {
        var (profile, key, salt) = CreateKeys(profileName);
        using var peer = Start(profile, key, salt);
        using var send = new SrtpSendContext(profile, key, salt);
        using var receive = new SrtpReceiveContext(profile, key, salt);
        var random = new Random(12);
        for (ulong index = 20_000; index < 150_000; index += (ulong)random.Next(1, 2000))
        {
            foreach (var ssrc in new uint[] { 1, 0xFFFFFFFF })
            {
                var (packet, headerBytes) = CreateRtp(random, ssrc, (ushort)index);
                var ours = new byte[packet.Length + send.OverheadBytes];
                send.ProtectRtp(packet.AsSpan(0, headerBytes), packet.AsSpan(headerBytes), index, ours);
                Assert.Equal(packet, Ask(peer, "unprotect", ours));

                var theirs = Ask(peer, "protect", packet);
                Assert.Equal(ours, theirs);
                Assert.True(receive.TryUnprotectRtp(theirs, out var foundHeaderBytes, out var payloadBytes, out var foundIndex));
                Assert.Equal(headerBytes, foundHeaderBytes);
                Assert.Equal(packet, theirs[..(headerBytes + payloadBytes)]);
                Assert.Equal(index, foundIndex);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void RTCP_goes_both_ways(string profileName)
    {
        var (profile, key, salt) = CreateKeys(profileName);
        using var peer = Start(profile, key, salt);
        using var send = new SrtpSendContext(profile, key, salt);
        using var receive = new SrtpReceiveContext(profile, key, salt);
        for (var i = 0; i < 60; i++)
        {
            var packet = RandomNumberGenerator.GetBytes(8 + (4 * i));
            packet[0] = 0x80;
            packet[1] = 200;
            BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), (uint)(i % 3));

            byte[] ours = [.. packet, .. new byte[send.RtcpOverheadBytes]];
            Assert.Equal(ours.Length, send.ProtectRtcp(ours, packet.Length));
            Assert.Equal(packet, Ask(peer, "unprotect_rtcp", ours));

            var theirs = Ask(peer, "protect_rtcp", packet);
            Assert.True(receive.TryUnprotectRtcp(theirs, out var byteCount));
            Assert.Equal(packet, theirs[..byteCount]);
        }
    }

    private static (SrtpProfile Profile, byte[] Key, byte[] Salt) CreateKeys(string profileName)
    {
        var profile = Enum.Parse<SrtpProfile>(profileName);
        return (profile, RandomNumberGenerator.GetBytes(16), RandomNumberGenerator.GetBytes(profile.MasterSaltBytes()));
    }

    private static ToolProcess Start(SrtpProfile profile, byte[] key, byte[] salt)
    {
        var peer = new ToolProcess(Python, "-c", Script, ((int)profile).ToString(), Convert.ToHexString([.. key, .. salt]));
        peer.TakeLine("ready");
        return peer;
    }

    private static byte[] Ask(ToolProcess peer, string command, byte[] packet)
    {
        peer.WriteLine($"{command} {Convert.ToHexString(packet)}");
        var answer = peer.TakeLine("packet");
        Assert.DoesNotContain("error", answer, StringComparison.Ordinal);
        return Convert.FromHexString(answer.AsSpan("packet ".Length));
    }

    /// <summary>A packet with or without CSRCs and extension, and a payload of any size.</summary>
    private static (byte[] Packet, int HeaderBytes) CreateRtp(Random random, uint ssrc, ushort sequenceNumber)
    {
        var csrcs = random.Next(0, 3);
        var extensionWords = random.Next(0, 4);
        var headerBytes = 12 + (4 * csrcs) + (extensionWords == 0 ? 0 : 4 + (4 * extensionWords));
        var packet = new byte[headerBytes + random.Next(0, 1300)];
        random.NextBytes(packet);
        packet[0] = (byte)(0x80 | csrcs | (extensionWords == 0 ? 0 : 0x10));
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), sequenceNumber);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8), ssrc);
        if (extensionWords > 0)
            BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(12 + (4 * csrcs)), 0xBEDE0000 | (uint)extensionWords);
        return (packet, headerBytes);
    }
}
