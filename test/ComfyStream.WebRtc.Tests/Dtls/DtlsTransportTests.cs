using System.Buffers.Binary;
using System.Security.Cryptography;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Srtp;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Dtls;

public sealed class DtlsTransportTests
{
    [Fact]
    public void T40_Both_sides_get_the_same_keys_with_AES_GCM_preferred()
    {
        using var pair = new DtlsPair();
        pair.Connect();
        AssertSameKeys(pair);
        Assert.Equal(TimeSpan.MaxValue, pair.Client.NextDeadline);
        Assert.Equal(TimeSpan.MaxValue, pair.Server.NextDeadline);
    }

    [Fact]
    public void There_are_no_keys_before_the_handshake_is_over()
    {
        using var pair = new DtlsPair();
        Assert.False(pair.Client.TryGetKeyingMaterial(out _));
        pair.Client.Start(pair.Now);
        Assert.False(pair.Client.TryGetKeyingMaterial(out _));
    }

    [Fact]
    public void T34_No_datagram_is_larger_than_the_limit_and_flights_are_packed()
    {
        using var pair = new DtlsPair();
        var sizes = new List<int>();
        pair.Connect((flight, _) =>
        {
            sizes.AddRange(flight.Select(d => d.Length));
            return flight;
        });
        Assert.True(sizes.Count <= 6, $"{sizes.Count} datagrams");
        Assert.All(sizes, size => Assert.InRange(size, 14, DtlsTransport.MaxDatagramBytes));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void T37_A_lost_datagram_is_sent_again(int lost)
    {
        using var pair = new DtlsPair();
        var count = 0;
        pair.Connect((flight, _) => flight.Where(_ => count++ != lost).ToList());
        AssertSameKeys(pair);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Loss_duplicates_and_reordering_together_are_survived(int seed)
    {
        using var pair = new DtlsPair();
        var random = new Random(seed);
        pair.Connect((flight, _) => flight
            .Concat(flight.Where(_ => random.Next(3) == 0))
            .Where(_ => random.Next(5) != 0)
            .OrderBy(_ => random.Next())
            .ToList());
        AssertSameKeys(pair);
    }

    [Fact]
    public void T37_The_last_flight_is_repeated_after_completion_when_it_was_lost()
    {
        using var pair = new DtlsPair();
        var lost = 0;
        pair.Connect((flight, fromClient) =>
        {
            if (fromClient || pair.Server.State != DtlsState.Connected || lost > 0)
                return flight;
            lost = flight.Count;
            Assert.Equal(TimeSpan.MaxValue, pair.Server.NextDeadline);
            return [];
        });
        Assert.True(lost > 0);
        AssertSameKeys(pair);
    }

    [Fact]
    public void T37_The_first_repeat_comes_after_a_tenth_of_a_second()
    {
        using var pair = new DtlsPair();
        pair.Client.Start(TimeSpan.FromHours(5));
        Assert.InRange(pair.Client.NextDeadline - TimeSpan.FromHours(5), TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(101));
    }

    [Fact]
    public void A_deadline_that_comes_early_does_nothing()
    {
        using var pair = new DtlsPair();
        pair.Client.Start(TimeSpan.Zero);
        DtlsPair.Drain(pair.Client);
        pair.Client.HandleDeadline(TimeSpan.Zero);
        Assert.Empty(DtlsPair.Drain(pair.Client));
    }

    [Fact]
    public void T33_The_first_ClientHello_is_answered_by_a_ServerHello_at_once()
    {
        const byte Handshake = 22, ServerHello = 2;
        using var pair = new DtlsPair();
        pair.Client.Start(pair.Now);
        pair.Server.Start(pair.Now);
        pair.Server.HandleDatagram(pair.Now, DtlsPair.Drain(pair.Client).Single());
        byte[] first = DtlsPair.Drain(pair.Server)[0];
        Assert.Equal((Handshake, ServerHello), (first[0], first[13]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void T35_A_certificate_with_another_fingerprint_ends_the_handshake_without_keys(bool byClient)
    {
        var wrong = new Fingerprint("sha-256", RandomNumberGenerator.GetBytes(32));
        using var pair = byClient ? new DtlsPair(expectedByClient: [wrong]) : new DtlsPair(expectedByServer: [wrong]);
        var checking = byClient ? pair.Client : pair.Server;
        var alerts = 0;
        pair.RunUntil(() => alerts > 0, (flight, fromClient) =>
        {
            if (fromClient == byClient)
                alerts += flight.Count(datagram => datagram[0] == 21 && datagram[13] == 2);
            return flight;
        });

        Assert.Equal(DtlsState.Failed, checking.State);

        Assert.Equal(DtlsFailure.FingerprintMismatch, checking.Failure);
        Assert.Contains((byClient ? DtlsPair.ServerIdentity : DtlsPair.ClientIdentity).Fingerprint.ToString(), checking.FailureText, StringComparison.Ordinal);
        Assert.Equal(1, alerts);
        Assert.False(pair.Client.TryGetKeyingMaterial(out _));
        Assert.False(pair.Server.TryGetKeyingMaterial(out _));
        Assert.Equal(TimeSpan.MaxValue, checking.NextDeadline);
    }

    [Fact]
    public void T35_Weak_and_unknown_hashes_never_match()
    {
        foreach (var algorithm in new[] { "sha-1", "md5", "md2", "sha-224", "shake" })
        {
            using var pair = new DtlsPair(expectedByServer: [new Fingerprint(algorithm, DtlsPair.ClientIdentity.Fingerprint.Hash)]);
            pair.RunUntil(() => pair.Server.State == DtlsState.Failed);
            Assert.Equal(DtlsFailure.FingerprintMismatch, pair.Server.Failure);
        }
    }

    [Fact]
    public void No_fingerprint_at_all_matches_nothing()
    {
        using var pair = new DtlsPair(expectedByClient: []);
        pair.RunUntil(() => pair.Client.State == DtlsState.Failed);
        Assert.Equal(DtlsFailure.FingerprintMismatch, pair.Client.Failure);
    }

    [Fact]
    public void One_matching_fingerprint_among_several_is_enough_and_names_have_no_case()
    {
        using var pair = new DtlsPair(expectedByServer:
        [
            new Fingerprint("sha-1", new byte[20]), new Fingerprint("sha-512", new byte[64]),
            DtlsPair.ClientIdentity.Fingerprint with { Algorithm = "SHA-256" },
        ]);
        pair.Connect();
    }

    [Fact]
    public void T38_Plaintext_alerts_at_any_moment_change_nothing()
    {
        byte[] Alert(byte level, byte description, ulong sequenceNumber)
        {
            byte[] record = [21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, level, description];
            BinaryPrimitives.WriteUInt64BigEndian(record.AsSpan(3), sequenceNumber);
            return record;
        }

        using var pair = new DtlsPair();
        pair.Connect((flight, _) => flight.SelectMany(datagram => new[]
        {
            Alert(2, 40, 100), [.. Alert(1, 0, 101), .. datagram, .. Alert(2, 42, 102)], Alert(1, 0, 103),
        }));
        pair.Client.HandleDatagram(pair.Now, Alert(2, 40, 200));
        pair.Server.HandleDatagram(pair.Now, Alert(1, 0, 200));
        AssertSameKeys(pair);
        Assert.True(pair.Client.DroppedRecords > 0);
    }

    [Fact]
    public void T38_Garbage_and_every_truncation_at_any_moment_change_nothing()
    {
        using var pair = new DtlsPair();
        var random = new Random(9);
        IEnumerable<byte[]> WithGarbage(List<byte[]> flight, bool fromClient)
        {
            foreach (var datagram in flight)
            {
                for (var i = 0; i < 50; i++)
                {
                    var garbage = new byte[random.Next(1, 300)];
                    random.NextBytes(garbage);
                    garbage[0] = (byte)random.Next(20, 64);
                    yield return garbage;
                }
                for (var byteCount = 0; byteCount < 14; byteCount++)
                    yield return datagram[..byteCount];
                // An unauthenticated record of application data.
                yield return [23, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 1, 1, 0, 3, 1, 2, 3];
                yield return datagram;
            }
        }

        pair.Connect(WithGarbage);
        AssertSameKeys(pair);
        foreach (var garbage in WithGarbage([new byte[100]], true))
        {
            pair.Client.HandleDatagram(pair.Now, garbage);
            pair.Server.HandleDatagram(pair.Now, garbage);
        }
        Assert.Equal(DtlsState.Connected, pair.Client.State);
        Assert.Equal(DtlsState.Connected, pair.Server.State);
    }

    [Fact]
    public void Mutated_handshakes_never_throw_and_never_give_different_keys()
    {
        var random = new Random(10);
        for (var round = 0; round < 150; round++)
        {
            using var pair = new DtlsPair();
            pair.Client.Start(pair.Now);
            for (var turn = 0; turn < 4; turn++)
            {
                foreach (var datagram in DtlsPair.Drain(pair.Client))
                    pair.Server.HandleDatagram(pair.Now, Mutate(datagram, random));
                foreach (var datagram in DtlsPair.Drain(pair.Server))
                    pair.Client.HandleDatagram(pair.Now, Mutate(datagram, random));
            }
            if (pair.Client.TryGetKeyingMaterial(out var ofClient) && pair.Server.TryGetKeyingMaterial(out var ofServer))
                Assert.Equal(ofClient.SendMasterKey.ToArray(), ofServer.ReceiveMasterKey.ToArray());
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void T39_Close_tells_the_peer_which_answers(bool closedByClient)
    {
        using var pair = new DtlsPair();
        pair.Connect();
        var (closing, other) = closedByClient ? (pair.Client, pair.Server) : (pair.Server, pair.Client);
        closing.Close();
        Assert.Equal(DtlsState.Closed, closing.State);
        var notice = Assert.Single(DtlsPair.Drain(closing));
        other.HandleDatagram(pair.Now, notice);
        Assert.Equal(DtlsState.Closed, other.State);
        Assert.Single(DtlsPair.Drain(other));
        Assert.Equal("", other.FailureText);
        Assert.False(other.TryGetKeyingMaterial(out _));
    }

    [Fact]
    public void Close_during_the_handshake_is_silent_and_final()
    {
        using var pair = new DtlsPair();
        pair.Client.Start(pair.Now);
        pair.Server.HandleDatagram(pair.Now, DtlsPair.Drain(pair.Client).Single());
        pair.Client.Close();
        Assert.Equal(DtlsState.Closed, pair.Client.State);
        foreach (var datagram in DtlsPair.Drain(pair.Server))
            pair.Client.HandleDatagram(pair.Now, datagram);
        Assert.Empty(DtlsPair.Drain(pair.Client));
        Assert.Equal(TimeSpan.MaxValue, pair.Client.NextDeadline);
    }

    [Fact]
    public void A_session_outlives_the_identity_it_was_made_from()
    {
        var identity = DtlsIdentity.Create(new DateOnly(2026, 1, 1));
        using var client = new DtlsTransport(identity, DtlsRole.Client, [DtlsPair.ServerIdentity.Fingerprint]);
        using var server = new DtlsTransport(DtlsPair.ServerIdentity, DtlsRole.Server, [identity.Fingerprint]);
        identity.Dispose();
        client.Start(default);
        for (var turn = 0; turn < 4; turn++)
        {
            foreach (var datagram in DtlsPair.Drain(client))
                server.HandleDatagram(default, datagram);
            foreach (var datagram in DtlsPair.Drain(server))
                client.HandleDatagram(default, datagram);
        }
        Assert.Equal(DtlsState.Connected, client.State);
        Assert.Equal(DtlsState.Connected, server.State);
    }

    [Fact]
    public void After_dispose_nothing_native_is_touched()
    {
        var pair = new DtlsPair();
        pair.Connect();
        pair.Dispose();
        pair.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pair.Client.TryGetDatagram(new byte[1200], out _));
        Assert.Throws<ObjectDisposedException>(() => pair.Client.HandleDatagram(default, new byte[20]));
        Assert.Throws<ObjectDisposedException>(() => pair.Client.TryGetKeyingMaterial(out _));
    }

    internal static void AssertSameKeys(DtlsPair pair)
    {
        Assert.True(pair.Client.TryGetKeyingMaterial(out var client));
        Assert.True(pair.Server.TryGetKeyingMaterial(out var server));
        Assert.Equal(SrtpProfile.AeadAes128Gcm, client.Profile);
        Assert.Equal(client.Profile, server.Profile);
        Assert.Equal(client.SendMasterKey.ToArray(), server.ReceiveMasterKey.ToArray());
        Assert.Equal(client.SendMasterSalt.ToArray(), server.ReceiveMasterSalt.ToArray());
        Assert.Equal(client.ReceiveMasterKey.ToArray(), server.SendMasterKey.ToArray());
        Assert.Equal(client.ReceiveMasterSalt.ToArray(), server.SendMasterSalt.ToArray());
        Assert.NotEqual(client.SendMasterKey.ToArray(), client.ReceiveMasterKey.ToArray());
    }

    private static byte[] Mutate(byte[] datagram, Random random)
    {
        var mutated = datagram.ToArray();
        if (random.Next(3) != 0)
            return mutated;
        for (var i = 0; i < random.Next(1, 4); i++)
            mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
        return mutated;
    }
}
