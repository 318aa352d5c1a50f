using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Srtp;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Dtls;

/// <summary>Handshakes over loopback with the openssl command as the peer. Debian package: openssl.</summary>
public sealed class OpenSslPeerTests : IDisposable
{
    private const string Gcm = "SRTP_AEAD_AES_128_GCM";
    private const string CounterMode = "SRTP_AES128_CM_SHA1_80";

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(15);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dtls-peer-");
    private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<byte[]> _received = [];
    private IPEndPoint? _peer;

    public void Dispose()
    {
        _socket.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData(Gcm, false)]
    [InlineData(CounterMode, false)]
    [InlineData(Gcm, true)]
    [InlineData(CounterMode, true)]
    public void T30_A_client_gets_the_keys_we_get(string profile, bool rsa)
    {
        var fingerprint = WriteCertificate(rsa);
        using var transport = new DtlsTransport(DtlsPair.ServerIdentity, DtlsRole.Server, [fingerprint]);
        using var client = StartClient(profile, withCertificate: true);
        AssertSameKeys(transport, DtlsRole.Server, client, profile);
    }

    [Theory]
    [InlineData(Gcm, false)]
    [InlineData(CounterMode, false)]
    [InlineData(Gcm, true)]
    [InlineData(CounterMode, true)]
    public void T30_T42_A_server_gets_the_keys_we_get(string profile, bool rsa)
    {
        var fingerprint = WriteCertificate(rsa);
        using var transport = new DtlsTransport(DtlsPair.ClientIdentity, DtlsRole.Client, [fingerprint]);
        using var server = StartServer(profile);
        AssertSameKeys(transport, DtlsRole.Client, server, profile);
    }

    [Theory]
    [InlineData(1200)]
    [InlineData(300)]
    public void T31_A_ClientHello_larger_than_a_datagram_is_put_together(int largestDatagramBytes)
    {
        var fingerprint = WriteCertificate(rsa: false);
        using var transport = new DtlsTransport(DtlsPair.ServerIdentity, DtlsRole.Server, [fingerprint]);
        // As large as one with a post-quantum key share.
        string protocols = string.Join(',', Enumerable.Range(0, 10).Select(i => $"{i}{new string('x', 200)}"));
        using var client = StartClient(Gcm, withCertificate: true, "-mtu", $"{largestDatagramBytes}", "-alpn", protocols);
        AssertSameKeys(transport, DtlsRole.Server, client, Gcm);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void T33_A_server_that_asks_for_its_cookie_gets_it(bool rsa)
    {
        var fingerprint = WriteCertificate(rsa);
        using var transport = new DtlsTransport(DtlsPair.ClientIdentity, DtlsRole.Client, [fingerprint]);
        using var server = StartServer(Gcm, "-listen");
        AssertSameKeys(transport, DtlsRole.Client, server, Gcm);
        // HelloVerifyRequest is message 3; every message after it has its number moved by one (RFC 6347 4.2.2).
        Assert.Contains(_received, datagram => datagram[0] == 22 && datagram[13] == 3);
    }

    [Fact]
    public void T32_Version_1_2_without_compression_is_agreed_with_extended_master_secret_and_secure_renegotiation()
    {
        var fingerprint = WriteCertificate(rsa: false);
        using var transport = new DtlsTransport(DtlsPair.ServerIdentity, DtlsRole.Server, [fingerprint]);
        using var client = StartClient(Gcm, withCertificate: true);
        AssertSameKeys(transport, DtlsRole.Server, client, Gcm);
        foreach (string line in (string[])["Protocol  : DTLSv1.2", "Compression: NONE", "Extended master secret: yes", "Secure Renegotiation IS supported"])
            Assert.Contains(line, client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void T40_Of_both_profiles_AES_GCM_is_chosen_whatever_the_clients_order()
    {
        var fingerprint = WriteCertificate(rsa: false);
        using var transport = new DtlsTransport(DtlsPair.ServerIdentity, DtlsRole.Server, [fingerprint]);
        using var client = StartClient($"{CounterMode}:{Gcm}", withCertificate: true);
        AssertSameKeys(transport, DtlsRole.Server, client, Gcm);
    }

    [Fact]
    public void T35_A_client_without_a_certificate_is_refused()
    {
        WriteCertificate(rsa: false);
        using var transport = new DtlsTransport(DtlsPair.ServerIdentity, DtlsRole.Server, [DtlsPair.ClientIdentity.Fingerprint]);
        using var client = StartClient(Gcm, withCertificate: false);
        Run(transport, () => transport.State == DtlsState.Failed);
        Assert.Equal(DtlsFailure.HandshakeError, transport.Failure);
        Assert.Contains("peer did not return a certificate", transport.FailureText, StringComparison.Ordinal);
        Assert.False(transport.TryGetKeyingMaterial(out _));
    }

    [Fact]
    public void A_client_without_SRTP_gets_no_keys()
    {
        var fingerprint = WriteCertificate(rsa: false);
        using var transport = new DtlsTransport(DtlsPair.ServerIdentity, DtlsRole.Server, [fingerprint]);
        using var client = StartClient(profiles: null, withCertificate: true);
        Run(transport, () => transport.State == DtlsState.Failed);
        Assert.Equal(DtlsFailure.NoSrtpProfile, transport.Failure);
    }

    [Theory]
    [InlineData(DtlsRole.Client)]
    [InlineData(DtlsRole.Server)]
    public void T35_A_certificate_other_than_announced_is_refused(DtlsRole role)
    {
        WriteCertificate(rsa: true);
        using var transport = new DtlsTransport(DtlsPair.ServerIdentity, role, [DtlsPair.ClientIdentity.Fingerprint]);
        using var peer = role == DtlsRole.Client ? StartServer(Gcm) : StartClient(Gcm, withCertificate: true);
        Run(transport, () => transport.State == DtlsState.Failed);
        Assert.Equal(DtlsFailure.FingerprintMismatch, transport.Failure);
    }

    [Fact]
    public void T36_A_certificate_without_subject_and_issuer_is_taken_and_ours_has_both()
    {
        var fingerprint = WriteCertificate(rsa: false, subject: "");
        using var transport = new DtlsTransport(DtlsPair.ServerIdentity, DtlsRole.Server, [fingerprint]);
        using var client = StartClient(Gcm, withCertificate: true);
        AssertSameKeys(transport, DtlsRole.Server, client, Gcm);
        Assert.Matches("(?m)^subject=CN ?= ?WebRTC", client.Output);
        Assert.Matches("(?m)^issuer=CN ?= ?WebRTC", client.Output);
    }

    [Fact]
    public void T39_The_peers_close_notify_is_seen_and_answered()
    {
        var fingerprint = WriteCertificate(rsa: false);
        using var transport = new DtlsTransport(DtlsPair.ServerIdentity, DtlsRole.Server, [fingerprint]);
        using var client = StartClient(Gcm, withCertificate: true);
        AssertSameKeys(transport, DtlsRole.Server, client, Gcm);
        client.WriteLine("Q");
        Run(transport, () => transport.State == DtlsState.Closed);
        Assert.Equal(DtlsState.Closed, transport.State);
        Assert.Equal("", transport.FailureText);
    }

    [Theory]
    [InlineData("ECDHE-ECDSA-AES128-GCM-SHA256")]
    [InlineData("ECDHE-ECDSA-AES256-GCM-SHA384")]
    [InlineData("ECDHE-ECDSA-CHACHA20-POLY1305")]
    public void A_settled_association_understands_the_end_and_answers_it_under_each_cipher_suite(string suite)
    {
        var fingerprint = WriteCertificate(rsa: false);
        using var transport = new DtlsTransport(DtlsPair.ServerIdentity, DtlsRole.Server, [fingerprint]);
        using var client = StartClient(Gcm, withCertificate: true, "-cipher", suite);
        AssertSameKeys(transport, DtlsRole.Server, client, Gcm);
        Assert.Contains(suite, client.Output, StringComparison.Ordinal);
        transport.Settle();
        client.WriteLine("Q");
        Run(transport, () => transport.State == DtlsState.Closed);
        Assert.Equal((DtlsState.Closed, ""), (transport.State, transport.FailureText));
    }

    [Fact]
    public void A_settled_association_repeats_its_last_flight_for_a_client_that_lacks_it()
    {
        var fingerprint = WriteCertificate(rsa: false);
        using var transport = new DtlsTransport(DtlsPair.ServerIdentity, DtlsRole.Server, [fingerprint]);
        using var client = StartClient(Gcm, withCertificate: true);
        var lost = 0;
        Run(transport, () => client.TryTakeLine("Keying material:") is not null, isLost: () =>
        {
            transport.Settle();
            return transport.State == DtlsState.Connected && lost++ == 0;
        });
        Assert.True(transport.IsSettled);
        Assert.True(lost > 1);
        client.WriteLine("Q");
        Run(transport, () => transport.State == DtlsState.Closed);
        Assert.Equal((DtlsState.Closed, ""), (transport.State, transport.FailureText));
    }

    [Theory]
    [InlineData("ECDHE-ECDSA-AES128-GCM-SHA256")]
    [InlineData("ECDHE-ECDSA-AES256-GCM-SHA384")]
    [InlineData("ECDHE-ECDSA-CHACHA20-POLY1305")]
    public void The_close_notify_of_a_settled_association_is_understood_under_each_cipher_suite(string suite)
    {
        var fingerprint = WriteCertificate(rsa: false);
        using var transport = new DtlsTransport(DtlsPair.ServerIdentity, DtlsRole.Server, [fingerprint]);
        using var client = StartClient(Gcm, withCertificate: true, "-cipher", suite);
        AssertSameKeys(transport, DtlsRole.Server, client, Gcm);
        transport.Settle();
        transport.Close();
        Run(transport, () => true);
        Assert.NotEmpty(client.TakeLine("closed"));
    }

    private void AssertSameKeys(DtlsTransport transport, DtlsRole role, ToolProcess peer, string profile)
    {
        string? line = null;
        // openssl tells its keys as soon as it has sent its last flight, which is then still on its way to us.
        Run(transport, () => transport.State == DtlsState.Failed
            || ((line ??= peer.TryTakeLine("Keying material:")) is not null && transport.State == DtlsState.Connected));
        Assert.True(transport.State == DtlsState.Connected, $"{transport.FailureText}\n{peer.Output}");
        Assert.True(line is not null, peer.Output);
        Assert.True(transport.TryGetKeyingMaterial(out var keys));
        Assert.Equal(profile == Gcm ? SrtpProfile.AeadAes128Gcm : SrtpProfile.Aes128CmHmacSha1_80, keys.Profile);

        // The TLS 1.2 exporter's output is a prefix of a longer one's, so 60 bytes serve both profiles.
        var exported = Convert.FromHexString(line.AsSpan(line.LastIndexOf(' ') + 1));
        var expected = new SrtpKeyingMaterial(keys.Profile, role, exported.AsSpan(0, keys.Profile.KeyingMaterialBytes()));
        Assert.Equal(expected.SendMasterKey.ToArray(), keys.SendMasterKey.ToArray());
        Assert.Equal(expected.SendMasterSalt.ToArray(), keys.SendMasterSalt.ToArray());
        Assert.Equal(expected.ReceiveMasterKey.ToArray(), keys.ReceiveMasterKey.ToArray());
        Assert.Equal(expected.ReceiveMasterSalt.ToArray(), keys.ReceiveMasterSalt.ToArray());
    }

    /// <summary>Carries datagrams between the transport and the socket until <paramref name="isDone"/> or the time limit.</summary>
    private void Run(DtlsTransport transport, Func<bool> isDone, Func<bool>? isLost = null)
    {
        var buffer = new byte[DtlsTransport.MaxDatagramBytes];
        var end = _clock.Elapsed + s_limit;
        transport.Start(_clock.Elapsed);
        while (_clock.Elapsed < end)
        {
            // Asked before the first datagram of a flight is taken.
            var isFlightLost = isLost?.Invoke() ?? false;
            while (transport.TryGetDatagram(buffer, out var byteCount))
            {
                if (!isFlightLost)
                    Send(buffer.AsSpan(0, byteCount));
            }
            if (isDone())
                return;
            if (_socket.Client.Poll(microSeconds: 1000, SelectMode.SelectRead))
                Receive(transport);
            transport.HandleDeadline(_clock.Elapsed);
        }
    }

    private void Receive(DtlsTransport transport)
    {
        var sender = new IPEndPoint(IPAddress.Any, 0);
        try
        {
            var datagram = _socket.Receive(ref sender);
            _peer = sender;
            _received.Add(datagram);
            transport.HandleDatagram(_clock.Elapsed, datagram);
        }
        catch (SocketException)
        {
            // The server's port is not open yet, or the peer is gone: what was sent counts as lost.
        }
    }

    private void Send(ReadOnlySpan<byte> datagram)
    {
        try
        {
            _socket.Send(datagram, _peer!);
        }
        catch (SocketException)
        {
            // As above.
        }
    }

    private ToolProcess StartClient(string? profiles, bool withCertificate, params string[] more) => new("openssl",
    [
        "s_client", "-dtls1_2", "-connect", $"127.0.0.1:{((IPEndPoint)_socket.Client.LocalEndPoint!).Port}",
        .. withCertificate ? CertificateArguments : [], .. profiles is null ? (string[])[] : ["-use_srtp", profiles], .. ExportArguments, .. more,
    ]);

    private ToolProcess StartServer(string profiles, params string[] more)
    {
        using (var probe = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0)))
            _peer = (IPEndPoint)probe.Client.LocalEndPoint!;
        return new("openssl",
        [
            "s_server", "-dtls1_2", "-accept", $"127.0.0.1:{_peer.Port}", "-Verify", "1", .. CertificateArguments, "-use_srtp", profiles, .. ExportArguments, .. more,
        ]);
    }

    private string[] CertificateArguments => ["-cert", Path.Combine(_folder.FullName, "certificate.pem"), "-key", Path.Combine(_folder.FullName, "key.pem")];

    private static string[] ExportArguments => ["-keymatexport", "EXTRACTOR-dtls_srtp", "-keymatexportlen", "60"];

    private Fingerprint WriteCertificate(bool rsa, string subject = "CN=peer")
    {
        using AsymmetricAlgorithm key = rsa ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = key is RSA rsaKey
            ? new CertificateRequest(subject, rsaKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(subject, (ECDsa)key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(Path.Combine(_folder.FullName, "certificate.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_folder.FullName, "key.pem"), key.ExportPkcs8PrivateKeyPem());
        return new Fingerprint("sha-256", SHA256.HashData(certificate.RawData));
    }
}
