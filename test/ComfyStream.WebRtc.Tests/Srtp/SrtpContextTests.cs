using System.Buffers.Binary;
using System.Security.Cryptography;
using ComfyStream.WebRtc.Srtp;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Srtp;

public sealed class SrtpContextTests
{
    private const uint Ssrc = 0xCAFEBABE;

    public static TheoryData<string> Profiles => [nameof(SrtpProfile.AeadAes128Gcm), nameof(SrtpProfile.Aes128CmHmacSha1_80)];

    [Theory]
    [MemberData(nameof(Profiles))]
    public void A_packet_with_CSRCs_and_extension_comes_back_as_it_was(string profile)
    {
        var (send, receive) = CreatePair(profile);
        byte[] header = [.. RtpHeader(5), 1, 1, 1, 1, 2, 2, 2, 2, 0xBE, 0xDE, 0, 2, 0x10, 1, 2, 3, 4, 5, 6, 7];
        header[0] = 0x80 | 0x10 | 2;
        var payload = RandomNumberGenerator.GetBytes(1000);
        var packet = Protect(send, header, payload, 5);
        Assert.Equal(header.Length + 1000 + send.OverheadBytes, packet.Length);
        Assert.Equal(header, packet[..header.Length]);
        Assert.NotEqual(payload, packet[header.Length..(header.Length + 1000)]);

        Assert.True(receive.TryUnprotectRtp(packet, out var headerBytes, out var payloadBytes, out var packetIndex));
        Assert.Equal(header.Length, headerBytes);
        Assert.Equal(payload, packet[headerBytes..(headerBytes + payloadBytes)]);
        Assert.Equal(5UL, packetIndex);
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Protecting_a_packet_again_gives_the_same_bytes(string profile)
    {
        var (send, _) = CreatePair(profile);
        var payload = RandomNumberGenerator.GetBytes(700);
        var first = Protect(send, RtpHeader(9), payload, 9);
        Protect(send, RtpHeader(10), payload, 10);
        Assert.Equal(first, Protect(send, RtpHeader(9), payload, 9));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void The_payload_may_lie_in_its_place_in_the_destination(string profile)
    {
        var (send, _) = CreatePair(profile);
        var payload = RandomNumberGenerator.GetBytes(300);
        var apart = Protect(send, RtpHeader(1), payload, 1);
        byte[] buffer = [.. RtpHeader(1), .. payload, .. new byte[send.OverheadBytes]];
        send.ProtectRtp(buffer.AsSpan(0, 12), buffer.AsSpan(12, 300), 1, buffer);
        Assert.Equal(apart, buffer);
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Sequence_numbers_wrap_under_loss_reordering_and_duplicates_up_to_a_roll_over_counter_of_three(string profile)
    {
        var (send, receive) = CreatePair(profile);
        var random = new Random(6);
        var accepted = new HashSet<ulong>();
        ulong highest = 0;
        for (ulong center = 30_000; center < 3 * 65536 + 1000; center += (ulong)random.Next(1, 40))
        {
            // Within a few hundred of the newest, some of them twice.
            var index = center - (ulong)random.Next(0, 300);
            var packet = Protect(send, RtpHeader((ushort)index), [1, 2, 3], index);
            var isNew = accepted.Add(index);
            Assert.Equal(isNew, receive.TryUnprotectRtp(packet, out _, out _, out var packetIndex));
            if (isNew)
                Assert.Equal(index, packetIndex);
            highest = Math.Max(highest, index);
        }
        Assert.True(highest >> 16 >= 3);
        Assert.Equal(0, receive.AuthenticationFailures);
        Assert.Equal(0, receive.MalformedPackets);
        Assert.True(receive.ReplayedPackets > 0);
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Every_order_around_the_first_wrap_is_understood(string profile)
    {
        ulong[] indices = [65533, 65534, 65535, 65536, 65537];
        foreach (var order in Permutations(indices))
        {
            var (send, receive) = CreatePair(profile);
            Assert.True(TryDeliver(send, receive, 65000));
            foreach (var index in order)
                Assert.True(TryDeliver(send, receive, index));
            foreach (var index in order)
                Assert.False(TryDeliver(send, receive, index));
        }
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void The_first_sequence_number_may_be_any(string profile)
    {
        foreach (var first in new ulong[] { 0, 1, 32767, 32768, 65535 })
        {
            var (send, receive) = CreatePair(profile);
            Assert.True(TryDeliver(send, receive, first));
            Assert.True(TryDeliver(send, receive, first + 1));
        }
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Forged_packets_with_far_sequence_numbers_change_nothing(string profile)
    {
        var (send, receive) = CreatePair(profile);
        Assert.True(TryDeliver(send, receive, 40_000));
        for (var sequenceNumber = 0; sequenceNumber < 65536; sequenceNumber += 257)
        {
            var forged = Protect(send, RtpHeader((ushort)sequenceNumber), [1, 2, 3], (ulong)sequenceNumber);
            forged[^1] ^= 1;
            Assert.False(receive.TryUnprotectRtp(forged, out _, out _, out _));
        }
        Assert.True(TryDeliver(send, receive, 39_999));
        Assert.True(TryDeliver(send, receive, 40_001));
        Assert.False(TryDeliver(send, receive, 40_000));
        Assert.True(receive.AuthenticationFailures > 0);
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void A_forged_copy_that_comes_first_does_not_shut_the_packet_out(string profile)
    {
        var (send, receive) = CreatePair(profile);
        Assert.True(TryDeliver(send, receive, 100));
        byte[] packet = Protect(send, RtpHeader(101), [1, 2, 3], 101);
        byte[] forged = [.. packet];
        forged[^1] ^= 1;

        Assert.False(receive.TryUnprotectRtp(forged, out _, out _, out _));
        Assert.True(receive.TryUnprotectRtp(packet, out _, out _, out _));
        Assert.Equal((1, 0), (receive.AuthenticationFailures, receive.ReplayedPackets));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Forged_SSRCs_take_no_place_and_push_none_out(string profile)
    {
        var (send, receive) = CreatePair(profile);
        Assert.True(TryDeliver(send, receive, 70_000 - 65536));
        for (uint ssrc = 0; ssrc < 100; ssrc++)
        {
            var forged = Protect(send, RtpHeader(1, ssrc), [1], 1);
            forged[^1] ^= 1;
            Assert.False(receive.TryUnprotectRtp(forged, out _, out _, out _));
        }
        for (uint ssrc = 1; ssrc < SrtpStreamTable.Capacity; ssrc++)
            Assert.True(receive.TryUnprotectRtp(Protect(send, RtpHeader(1, ssrc), [1], 1), out _, out _, out _));
        Assert.False(receive.TryUnprotectRtp(Protect(send, RtpHeader(1, 999), [1], 1), out _, out _, out _));
        Assert.Equal(1, receive.RefusedStreamPackets);
        Assert.False(TryDeliver(send, receive, 70_000 - 65536));
        Assert.True(TryDeliver(send, receive, 70_001 - 65536));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Each_SSRC_has_its_own_roll_over_counter(string profile)
    {
        var (send, receive) = CreatePair(profile);
        for (ulong index = 0; index < 150_000; index += 20_000)
            Assert.True(receive.TryUnprotectRtp(Protect(send, RtpHeader((ushort)index, 1), [1], index), out _, out _, out _));
        Assert.True(receive.TryUnprotectRtp(Protect(send, RtpHeader(7, 2), [1], 7), out _, out _, out var packetIndex));
        Assert.Equal(7UL, packetIndex);
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Garbage_of_every_length_is_refused(string profile)
    {
        var (_, receive) = CreatePair(profile);
        var random = new Random(7);
        for (var byteCount = 0; byteCount <= 200; byteCount++)
        {
            for (var first = 0; first < 256; first++)
            {
                var packet = new byte[byteCount];
                random.NextBytes(packet);
                if (byteCount > 0)
                    packet[0] = (byte)first;
                Assert.False(receive.TryUnprotectRtp(packet, out _, out _, out _));
                Assert.False(receive.TryUnprotectRtcp(packet, out _));
            }
        }
        Assert.Equal(2 * 201 * 256, receive.MalformedPackets + receive.AuthenticationFailures);
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Every_truncation_of_a_packet_is_refused_and_the_packet_itself_still_accepted(string profile)
    {
        var (send, receive) = CreatePair(profile);
        var rtp = Protect(send, RtpHeader(3), new byte[100], 3);
        var rtcp = ProtectRtcp(send, Rtcp(28));
        for (var byteCount = 0; byteCount < rtp.Length; byteCount++)
            Assert.False(receive.TryUnprotectRtp(rtp[..byteCount], out _, out _, out _));
        for (var byteCount = 0; byteCount < rtcp.Length; byteCount++)
            Assert.False(receive.TryUnprotectRtcp(rtcp[..byteCount], out _));
        Assert.True(receive.TryUnprotectRtp(rtp, out _, out _, out _));
        Assert.True(receive.TryUnprotectRtcp(rtcp, out _));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void A_payload_may_be_empty(string profile)
    {
        var (send, receive) = CreatePair(profile);
        Assert.True(receive.TryUnprotectRtp(Protect(send, RtpHeader(3), [], 3), out _, out var payloadBytes, out _));
        Assert.Equal(0, payloadBytes);
        Assert.True(receive.TryUnprotectRtcp(ProtectRtcp(send, Rtcp(8)), out var byteCount));
        Assert.Equal(8, byteCount);
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void RTCP_packets_come_back_once_each_under_their_own_senders(string profile)
    {
        var (send, receive) = CreatePair(profile);
        for (var i = 0; i < 50; i++)
        {
            var plain = Rtcp(28 + (4 * i), ssrc: (uint)(i % 3));
            var packet = ProtectRtcp(send, plain);
            Assert.NotEqual(plain[8..], packet[8..plain.Length]);
            var again = packet.ToArray();
            Assert.True(receive.TryUnprotectRtcp(packet, out var byteCount));
            Assert.Equal(plain, packet[..byteCount]);
            Assert.False(receive.TryUnprotectRtcp(again, out _));
        }
        Assert.Equal(50, receive.ReplayedPackets);
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void RTCP_ends_when_its_index_is_used_up(string profile)
    {
        var key = new byte[16];
        var salt = new byte[Enum.Parse<SrtpProfile>(profile).MasterSaltBytes()];
        using var send = new SrtpSendContext(SrtpTransform.Create(Enum.Parse<SrtpProfile>(profile), key, salt), SrtpSendContext.MaxRtcpIndex);
        ProtectRtcp(send, Rtcp(28));
        Assert.Throws<InvalidOperationException>(() => ProtectRtcp(send, Rtcp(28)));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void A_destination_that_is_too_small_is_a_programming_error(string profile)
    {
        var (send, _) = CreatePair(profile);
        var destination = new byte[12 + 100 + send.OverheadBytes - 1];
        Assert.Throws<ArgumentException>(() => send.ProtectRtp(RtpHeader(1), new byte[100], 1, destination));
        Assert.Throws<ArgumentException>(() => send.ProtectRtcp(new byte[28 + send.RtcpOverheadBytes - 1], 28));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Packets_cost_no_allocation(string profile)
    {
        var (send, receive) = CreatePair(profile);
        var header = RtpHeader(0);
        var payload = new byte[1200];
        var buffer = new byte[1500];
        void Exchange(int count, ushort first)
        {
            for (var i = 0; i < count; i++)
            {
                BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)(first + i));
                var byteCount = send.ProtectRtp(header, payload, (ulong)(first + i), buffer);
                receive.TryUnprotectRtp(buffer.AsSpan(0, byteCount), out _, out _, out _);
                buffer.AsSpan(0, 28).Clear();
                buffer[0] = 0x80;
                receive.TryUnprotectRtcp(buffer.AsSpan(0, send.ProtectRtcp(buffer, 28)), out _);
            }
        }

        Exchange(200, first: 0);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Exchange(1000, first: 200);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static (SrtpSendContext Send, SrtpReceiveContext Receive) CreatePair(string profileName)
    {
        var profile = Enum.Parse<SrtpProfile>(profileName);
        var key = RandomNumberGenerator.GetBytes(16);
        var salt = RandomNumberGenerator.GetBytes(profile.MasterSaltBytes());
        return (new SrtpSendContext(profile, key, salt), new SrtpReceiveContext(profile, key, salt));
    }

    private static bool TryDeliver(SrtpSendContext send, SrtpReceiveContext receive, ulong index) =>
        receive.TryUnprotectRtp(Protect(send, RtpHeader((ushort)index), [1, 2, 3], index), out _, out _, out var found) && found == index;

    private static byte[] Protect(SrtpSendContext send, byte[] header, byte[] payload, ulong index)
    {
        var packet = new byte[header.Length + payload.Length + send.OverheadBytes];
        Assert.Equal(packet.Length, send.ProtectRtp(header, payload, index, packet));
        return packet;
    }

    private static byte[] ProtectRtcp(SrtpSendContext send, byte[] plain)
    {
        byte[] buffer = [.. plain, .. new byte[send.RtcpOverheadBytes]];
        Assert.Equal(buffer.Length, send.ProtectRtcp(buffer, plain.Length));
        return buffer;
    }

    private static byte[] RtpHeader(ushort sequenceNumber, uint ssrc = Ssrc)
    {
        byte[] header = [0x80, 96, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), sequenceNumber);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(8), ssrc);
        return header;
    }

    private static byte[] Rtcp(int byteCount, uint ssrc = Ssrc)
    {
        var packet = RandomNumberGenerator.GetBytes(byteCount);
        packet[0] = 0x80;
        packet[1] = 200;
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), ssrc);
        return packet;
    }

    private static IEnumerable<ulong[]> Permutations(ulong[] values) => values.Length == 1
        ? [values]
        : values.SelectMany(first => Permutations(values.Where(v => v != first).ToArray()).Select(rest => (ulong[])[first, .. rest]));
}
