using ComfyStream.WebRtc.Dtls;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Dtls;

public sealed class DtlsRecordFilterTests
{
    private static readonly byte[] s_handshake = [22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 1, 0, 15, 1, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 3, 7, 8, 9];
    private static readonly byte[] s_alert = [21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2, 2, 40];
    private static readonly byte[] s_protectedAlert = [21, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 2, 0, 2, 2, 40];

    [Fact]
    public void Only_the_good_records_of_a_datagram_remain()
    {
        byte[] unknownType = [99, .. s_handshake[1..]];
        byte[] unknownVersion = [22, 3, .. s_handshake[2..]];
        Assert.Equal(
            [.. s_handshake, .. s_protectedAlert, .. s_handshake],
            Filter([.. s_handshake, .. s_alert, .. unknownType, .. s_protectedAlert, .. unknownVersion, .. s_handshake], 1000, out var dropped));
        Assert.Equal(3, dropped);
    }

    [Fact]
    public void A_record_of_several_handshake_messages_remains_and_one_without_any_does_not()
    {
        byte[] two = [.. s_handshake[..12], 30, .. s_handshake[13..], .. s_handshake[13..]];
        Assert.Equal(two, Filter(two, 1000, out _));
        byte[] helloDone = [.. s_handshake[..12], 12, 14, 0, 0, 0, .. new byte[8]];
        Assert.Equal(helloDone, Filter(helloDone, 1000, out _));
        Assert.Equal([], Filter([.. s_handshake[..12], 0], 1000, out _));
    }

    [Fact]
    public void Every_truncation_keeps_whole_records_only()
    {
        byte[] two = [.. s_handshake, .. s_protectedAlert];
        for (var byteCount = 0; byteCount < two.Length; byteCount++)
            Assert.Equal(byteCount < s_handshake.Length ? [] : s_handshake, Filter(two[..byteCount], 1000, out _));
    }

    [Fact]
    public void What_does_not_fit_is_left_out()
    {
        Assert.Equal(s_handshake, Filter([.. s_handshake, .. s_handshake], s_handshake.Length + 5, out _));
        Assert.Equal([], Filter(s_handshake, s_handshake.Length - 1, out _));
    }

    [Fact]
    public void Random_bytes_never_throw_and_never_grow()
    {
        var random = new Random(11);
        for (var i = 0; i < 100_000; i++)
        {
            var datagram = new byte[random.Next(0, 100)];
            random.NextBytes(datagram);
            if (datagram.Length > 0)
                datagram[0] = (byte)random.Next(19, 25);
            Assert.True(Filter(datagram, 100, out _).Length <= datagram.Length);
        }
    }

    private static byte[] Filter(byte[] datagram, int roomBytes, out long dropped)
    {
        var room = new byte[roomBytes];
        dropped = 0;
        return room[..DtlsRecordFilter.Copy(datagram, room, ref dropped)];
    }
}
