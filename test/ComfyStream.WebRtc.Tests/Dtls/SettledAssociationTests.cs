using ComfyStream.WebRtc.Dtls;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Dtls;

/// <summary>What an association does once libssl's session is gone. Other cipher suites: <see cref="OpenSslPeerTests"/>.</summary>
public sealed class SettledAssociationTests
{
    [Fact]
    public void Libssl_lets_go_of_its_session()
    {
        using var pair = new DtlsPair();
        pair.Connect();
        Assert.False(pair.Server.IsSettled);
        pair.Server.Settle();
        pair.Client.Settle();
        Assert.True(pair.Server.IsSettled);
        Assert.True(pair.Client.IsSettled);
        Assert.Equal((DtlsState.Connected, DtlsState.Connected), (pair.Server.State, pair.Client.State));
        Assert.Empty(DtlsPair.Drain(pair.Server));
        Assert.Equal(TimeSpan.MaxValue, pair.Server.NextDeadline);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void T39_Close_tells_the_peer_which_answers(bool closedByClient, bool isOtherSettled)
    {
        using var pair = new DtlsPair();
        pair.Connect();
        var (closing, other) = closedByClient ? (pair.Client, pair.Server) : (pair.Server, pair.Client);
        closing.Settle();
        if (isOtherSettled)
            other.Settle();

        closing.Close();
        Assert.Equal(DtlsState.Closed, closing.State);
        var notice = Assert.Single(DtlsPair.Drain(closing));
        other.HandleDatagram(pair.Now, notice);

        Assert.Equal((DtlsState.Closed, ""), (other.State, other.FailureText));
        Assert.Single(DtlsPair.Drain(other));
        Assert.Empty(DtlsPair.Drain(closing));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_close_notify_is_understood_among_other_records(bool isClient)
    {
        using var pair = new DtlsPair();
        pair.Connect();
        var (settled, other) = isClient ? (pair.Client, pair.Server) : (pair.Server, pair.Client);
        settled.Settle();
        other.Close();
        byte[] notice = Assert.Single(DtlsPair.Drain(other));
        byte[] record = [23, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 1, 0, 3, 7, 8, 9];

        settled.HandleDatagram(pair.Now, [.. record, .. notice]);

        Assert.Equal(DtlsState.Closed, settled.State);
        Assert.Equal(1, settled.DroppedRecords);
    }

    [Fact]
    public void No_changed_or_truncated_alert_ends_it_but_the_true_one_does()
    {
        using var pair = new DtlsPair();
        pair.Connect();
        pair.Server.Settle();
        pair.Client.Close();
        byte[] notice = Assert.Single(DtlsPair.Drain(pair.Client));
        for (var byteCount = 0; byteCount < notice.Length; byteCount++)
            pair.Server.HandleDatagram(pair.Now, notice[..byteCount]);
        for (var bit = 0; bit < 8 * notice.Length; bit++)
        {
            byte[] changed = [.. notice];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            pair.Server.HandleDatagram(pair.Now, changed);
        }
        Assert.Equal(DtlsState.Connected, pair.Server.State);
        Assert.True(pair.Server.DroppedRecords > notice.Length);

        pair.Server.HandleDatagram(pair.Now, notice);
        Assert.Equal(DtlsState.Closed, pair.Server.State);
    }

    [Fact]
    public void Random_bytes_never_throw_and_never_end_it()
    {
        using var pair = new DtlsPair();
        pair.Connect();
        pair.Server.Settle();
        var random = new Random(12);
        for (var i = 0; i < 100_000; i++)
        {
            var datagram = new byte[random.Next(0, 80)];
            random.NextBytes(datagram);
            if (datagram.Length > 13)
                new byte[] { (byte)random.Next(20, 24), 0xFE, 0xFD, 0, (byte)random.Next(2) }.CopyTo(datagram, 0);
            pair.Server.HandleDatagram(pair.Now, datagram);
        }
        Assert.Equal(DtlsState.Connected, pair.Server.State);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_client_that_lacks_the_last_flight_gets_it(int lost)
    {
        using var pair = new DtlsPair();
        pair.Client.Start(pair.Now);
        for (var flights = 0; pair.Client.State != DtlsState.Connected && pair.Now < TimeSpan.FromSeconds(20);)
        {
            foreach (var datagram in DtlsPair.Drain(pair.Client))
            {
                pair.Server.HandleDatagram(pair.Now, datagram);
                pair.Server.Settle(); // at once, as its owner does
            }
            var answer = DtlsPair.Drain(pair.Server);
            if (pair.Server.State != DtlsState.Connected || answer.Count == 0 || flights++ >= lost)
                answer.ForEach(datagram => pair.Client.HandleDatagram(pair.Now, datagram));
            Thread.Sleep(1);
            pair.Client.HandleDeadline(pair.Now);
        }

        Assert.Equal((DtlsState.Connected, DtlsState.Connected), (pair.Client.State, pair.Server.State));
        Assert.True(pair.Server.IsSettled);
        pair.Client.Close();
        pair.Server.HandleDatagram(pair.Now, Assert.Single(DtlsPair.Drain(pair.Client)));
        Assert.Equal(DtlsState.Closed, pair.Server.State);
    }

    [Fact]
    public void It_is_not_repeated_without_end()
    {
        using var pair = new DtlsPair();
        pair.Client.Start(pair.Now);
        while (pair.Server.State != DtlsState.Connected)
        {
            DtlsPair.Drain(pair.Client).ForEach(datagram => pair.Server.HandleDatagram(pair.Now, datagram));
            if (pair.Server.State != DtlsState.Connected)
                DtlsPair.Drain(pair.Server).ForEach(datagram => pair.Client.HandleDatagram(pair.Now, datagram));
        }
        pair.Server.Settle();
        var last = DtlsPair.Drain(pair.Server);
        Assert.NotEmpty(last);

        byte[] finished = [22, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 1, 0, 3, 7, 8, 9];
        var answers = 0;
        for (var i = 0; i < 1000; i++)
        {
            pair.Server.HandleDatagram(pair.Now, finished);
            var answer = DtlsPair.Drain(pair.Server);
            answers += answer.Count > 0 ? 1 : 0;
            Assert.True(answer.Count == 0 || answer.Zip(last, (one, other) => one.SequenceEqual(other)).All(same => same));
        }
        Assert.InRange(answers, 10, 100);
    }

    [Fact]
    public void Keys_cannot_be_taken_any_more()
    {
        using var pair = new DtlsPair();
        pair.Connect();
        pair.Server.Settle();
        Assert.False(pair.Server.TryGetKeyingMaterial(out _));
    }

    [Fact]
    public void Dispose_may_be_repeated_and_nothing_works_after_it()
    {
        var pair = new DtlsPair();
        pair.Connect();
        pair.Server.Settle();
        pair.Dispose();
        pair.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pair.Server.TryGetDatagram(new byte[1200], out _));
        Assert.Throws<ObjectDisposedException>(() => pair.Server.HandleDatagram(default, new byte[20]));
    }
}
