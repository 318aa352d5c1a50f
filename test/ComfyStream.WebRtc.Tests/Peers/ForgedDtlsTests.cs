using System.Net;
using ComfyStream.WebRtc.Dtls;

namespace ComfyStream.WebRtc.Tests.Peers;

/// <summary>
/// DTLS of strangers, from ports that answered no check, while a peer connects: a ClientHello that comes first takes no session, and
/// nothing that they say ends one (the race for the ClientHello that other servers lost).
/// </summary>
public sealed class ForgedDtlsTests
{
    private static readonly TransportPath s_stranger = new(
        TransportAddress.From(IPAddress.Parse("198.51.100.1"), 8890), TransportAddress.From(IPAddress.Parse("192.0.2.1"), 4001));

    [Theory]
    [InlineData("actpass")]
    [InlineData("passive")]
    public void T2_T38_Forged_packets_before_during_and_after_the_handshake_change_nothing(string setup)
    {
        using var pair = new PeerPair(clientPublishes: true, changeOffer: offer => offer.Replace("setup:actpass", $"setup:{setup}", StringComparison.Ordinal));
        var atServer = new Stranger(pair.Server.Peer);
        var atClient = new Stranger(pair.Client.Peer);
        for (var step = 0; step < 400 && pair.Server.Peer.State != PeerConnectionState.Connected; step++)
        {
            atServer.Attack(pair.Now);
            atClient.Attack(pair.Now);
            pair.Run(TimeSpan.FromMilliseconds(5));
        }
        pair.Connect();
        for (var i = 0; i < 20; i++)
        {
            atServer.Attack(pair.Now);
            atClient.Attack(pair.Now);
            pair.Run(TimeSpan.FromMilliseconds(5));
        }

        Assert.Equal((PeerConnectionState.Connected, PeerConnectionState.Connected), (pair.Server.Peer.State, pair.Client.Peer.State));
        Assert.All(pair.Server.Transmits.Concat(pair.Client.Transmits), transmit => Assert.NotEqual(s_stranger.Remote, transmit.Path.Remote));
    }

    /// <summary>One who knows the address of a port.</summary>
    private sealed class Stranger(PeerConnection victim)
    {
        private readonly List<byte[]> _forged = Forge();

        public void Attack(TimeSpan now) => _forged.ForEach(datagram => victim.HandleDatagram(now, s_stranger, datagram));

        private static List<byte[]> Forge()
        {
            using DtlsIdentity identity = DtlsIdentity.Create(new DateOnly(2026, 1, 1));
            using var client = new DtlsTransport(identity, DtlsRole.Client, [identity.Fingerprint]);
            using var server = new DtlsTransport(identity, DtlsRole.Server, [identity.Fingerprint]);
            client.Start(default);
            byte[] hello = Dtls.DtlsPair.Drain(client).Single();
            server.HandleDatagram(default, hello);
            List<byte[]> answer = Dtls.DtlsPair.Drain(server);
            // One suite that encrypts nothing (0x0001) instead of the first that was offered.
            byte[] withNullSuite = [.. hello];
            int suites = 13 + 12 + 2 + 32 + 1 + withNullSuite[13 + 12 + 34] + 1;
            withNullSuite[suites + 2] = 0;
            withNullSuite[suites + 3] = 1;
            byte[] warning = [21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 1, 0, 0, 2, 1, 0];
            byte[] fatal = [21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 1, 1, 0, 2, 2, 40];
            byte[] encrypted = [21, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 1, 0, 26, .. new byte[26]];
            byte[] changeCipherSpec = [20, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 1];
            return [hello, .. answer, withNullSuite, hello[..^1], warning, fatal, encrypted, changeCipherSpec];
        }
    }
}
