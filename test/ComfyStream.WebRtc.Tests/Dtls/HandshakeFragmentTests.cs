using System.Buffers.Binary;
using ComfyStream.WebRtc.Dtls;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Dtls;

/// <summary>A ClientHello in fragments (RFC 6347 4.2.3), as they come and as they must not come. One of openssl: <see cref="OpenSslPeerTests"/>.</summary>
public sealed class HandshakeFragmentTests
{
    private const int RecordHeaderBytes = 13;
    private const int MessageHeaderBytes = 12;

    // Each fragment has a record of its own: libssl drops those that it has seen.
    private ulong _records = 1;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void T31_Fragments_that_overlap_and_come_twice_and_in_any_order_are_put_together(int seed)
    {
        using var pair = new DtlsPair();
        var random = new Random(seed);
        pair.Connect((flight, fromClient) => fromClient && IsHello(flight, out var hello) ? Shuffle(hello, random) : flight);
        DtlsTransportTests.AssertSameKeys(pair);
    }

    [Fact]
    public void T31_Fragments_that_cannot_be_part_of_the_message_change_nothing()
    {
        using var pair = new DtlsPair();
        pair.Connect((flight, fromClient) =>
        {
            if (!fromClient || !IsHello(flight, out var hello))
                return flight;
            var body = hello[(RecordHeaderBytes + MessageHeaderBytes)..];
            byte[] nothing = MakeFragment(hello, _records++, 0, []);
            byte[] beyondTheEnd = MakeFragment(hello, _records++, body.Length - 1, [1, 2]);
            byte[] longerThanItsRecord = MakeFragment(hello, _records++, 0, body[..10]);
            longerThanItsRecord[RecordHeaderBytes + 11]++;
            byte[] ofAnEnormousMessage = MakeFragment(hello, _records++, 0, body[..10]);
            ofAnEnormousMessage.AsSpan(14, 3).Fill(0xFF);
            byte[][] bad = [nothing, beyondTheEnd, longerThanItsRecord, ofAnEnormousMessage];
            byte[] first = MakeFragment(hello, _records++, 0, body[..100]);
            byte[] second = MakeFragment(hello, _records++, 100, body[100..]);
            return [.. bad, first, .. bad, second, .. bad];
        });
        DtlsTransportTests.AssertSameKeys(pair);
        Assert.True(pair.Server.DroppedRecords >= 12);
    }

    [Fact]
    public void T31_A_fragment_that_says_another_length_is_not_taken_for_one_of_the_message()
    {
        using var pair = new DtlsPair();
        pair.Client.Start(pair.Now);
        byte[] hello = DtlsPair.Drain(pair.Client).Single();
        byte[] body = hello[(RecordHeaderBytes + MessageHeaderBytes)..];
        byte[] other = MakeFragment(hello, _records++, 100, [.. body[100..], 0]);
        BinaryPrimitives.WriteUInt16BigEndian(other.AsSpan(15), (ushort)(body.Length + 1));
        pair.Server.HandleDatagram(pair.Now, MakeFragment(hello, _records++, 0, body[..100]));
        pair.Server.HandleDatagram(pair.Now, other);
        Assert.Empty(DtlsPair.Drain(pair.Server));
        Assert.False(pair.Server.TryGetKeyingMaterial(out _));
    }

    [Fact]
    public void T31_Fragments_of_an_enormous_message_are_not_collected()
    {
        using var pair = new DtlsPair();
        pair.Client.Start(pair.Now);
        var hello = DtlsPair.Drain(pair.Client).Single();
        // A message of 16 MiB - 1, of which this is the first fragment.
        hello[14] = hello[15] = hello[16] = 0xFF;
        pair.Server.HandleDatagram(pair.Now, hello);
        Assert.Equal(1, pair.Server.DroppedRecords);
        Assert.Equal(DtlsState.Handshaking, pair.Server.State);
    }

    [Fact]
    public void T31_A_message_that_never_gets_whole_is_given_up()
    {
        using var pair = new DtlsPair();
        pair.Client.Start(pair.Now);
        byte[] hello = DtlsPair.Drain(pair.Client).Single();
        byte[] body = hello[(RecordHeaderBytes + MessageHeaderBytes)..];
        byte[] fragment = MakeFragment(hello, _records++, 0, body[..1]);
        for (var i = 0; i < 2000 && pair.Server.State != DtlsState.Failed; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(fragment.AsSpan(3), (ulong)i);
            pair.Server.HandleDatagram(pair.Now, fragment);
        }
        Assert.Equal((DtlsState.Failed, DtlsFailure.HandshakeError), (pair.Server.State, pair.Server.Failure));
        Assert.Contains("without finishing", pair.Server.FailureText, StringComparison.Ordinal);
        Assert.Empty(DtlsPair.Drain(pair.Server));
    }

    [Fact]
    public void T31_Random_fragments_never_throw_and_never_make_keys()
    {
        var random = new Random(31);
        for (var round = 0; round < 50; round++)
        {
            using var pair = new DtlsPair();
            pair.Client.Start(pair.Now);
            byte[] hello = DtlsPair.Drain(pair.Client).Single();
            for (var i = 0; i < 100; i++)
            {
                var payload = new byte[random.Next(0, 80)];
                random.NextBytes(payload);
                byte[] fragment = MakeFragment(hello, _records++, random.Next(0, 300), payload);
                BinaryPrimitives.WriteUInt16BigEndian(fragment.AsSpan(15), (ushort)random.Next(0, 400));
                fragment[RecordHeaderBytes] = (byte)random.Next(0, 21);
                fragment[RecordHeaderBytes + 5] = (byte)random.Next(0, 4);
                pair.Server.HandleDatagram(pair.Now, fragment);
                DtlsPair.Drain(pair.Server);
            }
            Assert.NotEqual(DtlsState.Connected, pair.Server.State);
            Assert.False(pair.Server.TryGetKeyingMaterial(out _));
        }
    }

    private static bool IsHello(List<byte[]> flight, out byte[] hello)
    {
        const byte ClientHello = 1;
        hello = flight[0];
        return flight.Count == 1 && hello[RecordHeaderBytes] == ClientHello;
    }

    /// <summary>Cuts a message into overlapping fragments, out of order, some twice.</summary>
    private List<byte[]> Shuffle(byte[] datagram, Random random)
    {
        var body = datagram[(RecordHeaderBytes + MessageHeaderBytes)..];
        var fragments = new List<byte[]>();
        for (var start = 0; start < body.Length;)
        {
            var end = start + Math.Min(random.Next(1, 60), body.Length - start);
            var from = Math.Max(0, start - random.Next(0, 20));
            byte[] fragment = MakeFragment(datagram, _records++, from, body[from..end]);
            fragments.Add(fragment);
            start = end;
        }
        Assert.True(fragments.Count > 1);
        return fragments.Concat(fragments.Where(_ => random.Next(2) == 0)).OrderBy(_ => random.Next()).ToList();
    }

    private static byte[] MakeFragment(byte[] datagram, ulong sequenceNumber, int offset, byte[] payload)
    {
        byte[] fragment = [.. datagram[..(RecordHeaderBytes + MessageHeaderBytes)], .. payload];
        BinaryPrimitives.WriteUInt64BigEndian(fragment.AsSpan(3), sequenceNumber);
        BinaryPrimitives.WriteUInt16BigEndian(fragment.AsSpan(11), (ushort)(MessageHeaderBytes + payload.Length));
        BinaryPrimitives.WriteUInt16BigEndian(fragment.AsSpan(RecordHeaderBytes + 7), (ushort)offset);
        BinaryPrimitives.WriteUInt16BigEndian(fragment.AsSpan(RecordHeaderBytes + 10), (ushort)payload.Length);
        return fragment;
    }
}
