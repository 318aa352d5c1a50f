using ComfyStream.WebRtc.Packetization;
using Xunit;
using static ComfyStream.WebRtc.Tests.Packetization.H264Sample;

namespace ComfyStream.WebRtc.Tests.Packetization;

public sealed class H264PacketizerTests
{
    [Fact]
    public void A_small_unit_is_a_packet_of_its_own()
    {
        byte[] unit = Nal(Slice, 1158);

        Assert.Equal([unit], Payloads(Packetize(AnnexB(unit))));
    }

    [Fact]
    public void Parameter_sets_and_a_small_picture_become_one_aggregate()
    {
        byte[] sei = Nal(0x06, 9);
        byte[] payload = Assert.Single(Payloads(Packetize(AnnexB(Nal(SpsHeader, 3), Nal(0x28, 2), sei, Nal(0x45, 4)))));

        // NRI 3 is the highest of 3, 1, 0 and 2 (RFC 6184 5.7).
        Assert.Equal(
            [0x78, 0, 3, .. Nal(SpsHeader, 3), 0, 2, .. Nal(0x28, 2), 0, 9, .. sei, 0, 4, .. Nal(0x45, 4)],
            payload);
    }

    [Fact]
    public void The_forbidden_bit_of_one_unit_is_kept_in_the_aggregate() =>
        Assert.Equal(0xF8, Assert.Single(Payloads(Packetize(AnnexB(Nal(SpsHeader, 3), Nal(0xC1, 3)))))[0]);

    [Fact]
    public void Fragments_carry_importance_type_start_and_end()
    {
        byte[] unit = Nal(0x45, 25);
        byte[][] payloads = Payloads(Packetize(AnnexB(unit), maxPayloadBytes: 16));

        Assert.Equal(
            [[0x5C, 0x85, .. unit[1..13]], [0x5C, 0x45, .. unit[13..25]]],
            payloads);
    }

    [Fact]
    public void A_key_picture_is_an_aggregate_and_fragments_of_one_size()
    {
        byte[][] payloads = Payloads(Packetize(AnnexB(Nal(SpsHeader, 20), Nal(PpsHeader, 5), Nal(Idr, 10_000))));

        Assert.Equal(1 + 2 + 20 + 2 + 5, payloads[0].Length);
        Assert.Equal(10, payloads.Length);
        Assert.All(payloads[1..^1], payload => Assert.Equal(1113, payload.Length));
        Assert.InRange(payloads[^1].Length, 1100, 1113);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(1158)]
    public void Whatever_the_size_all_fragments_but_the_last_are_equal_and_none_is_needless(int maxPayloadBytes)
    {
        for (int length = maxPayloadBytes + 1; length < maxPayloadBytes * 6; length += 7)
        {
            byte[][] payloads = Payloads(Packetize(AnnexB(Nal(Slice, length)), maxPayloadBytes));

            Assert.Equal((length - 1 + maxPayloadBytes - 3) / (maxPayloadBytes - 2), payloads.Length);
            Assert.All(payloads[..^1], payload => Assert.Equal(payloads[0].Length, payload.Length));
            Assert.InRange(payloads[0].Length, 3, maxPayloadBytes);
            Assert.InRange(payloads[^1].Length, 3, payloads[0].Length);
        }
    }

    [Fact]
    public void Delimiters_and_filler_are_left_out()
    {
        byte[][] payloads = Payloads(Packetize(AnnexB([0x09, 0xF0], Nal(Slice, 50), [0x0C, 0xFF, 0x80])));

        Assert.Equal([Nal(Slice, 50)], payloads);
    }

    [Fact]
    public void Short_start_codes_trailing_zeros_and_leading_bytes_are_understood()
    {
        byte[] unit = Nal(Slice, 10);
        byte[] accessUnit = [0, 0, 0, 0, 1, .. unit, 0, 0, 0, 0, 0, 1, .. unit, 0, 0, 1, 0, 0, 1, .. unit, 0];

        Assert.Equal(AnnexB(unit, unit, unit), Depacketize(Payloads(Packetize(accessUnit))));
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 1, 2, 3 })]
    [InlineData(new byte[] { 0, 0, 1 })]
    [InlineData(new byte[] { 0, 0, 0, 1, 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 1, 0x7C, 5, 5 })] // a type that only RTP uses
    public void What_holds_no_unit_to_send_gives_no_packet(byte[] accessUnit) =>
        Assert.Empty(Payloads(Packetize(accessUnit)));

    [Fact]
    public void Random_access_units_come_back_as_they_were()
    {
        Random random = new(11);
        byte[] types = [0x01, 0x21, 0x41, 0x61, 0x65, 0x25, 0x06, 0x67, 0x68, 0x6F];
        for (int round = 0; round < 2000; round++)
        {
            int maxPayloadBytes = random.Next(16, 1400);
            byte[][] units =
            [
                .. Enumerable.Range(0, random.Next(1, 8))
                    .Select(_ => Nal(types[random.Next(types.Length)], 1 + random.Next(random.Next(2) == 0 ? 40 : 5000), random)),
            ];
            PacketizedFrame frame = Packetize(AnnexB(units), maxPayloadBytes);

            Assert.All(Payloads(frame), payload => Assert.InRange(payload.Length, 1, maxPayloadBytes));
            Assert.Equal(AnnexB(units), Depacketize(Payloads(frame)));
        }
    }

    [Fact]
    public void A_sound_packet_is_one_payload()
    {
        PacketizedFrame frame = new(_ => { });
        frame.Begin(MediaKind.Audio, TimeSpan.Zero, isKeyFrame: true, TimeSpan.Zero);

        Assert.Equal(1, OpusPacketizer.Packetize([1, 2, 3], frame));
        Assert.Equal(0, OpusPacketizer.Packetize([], frame));
        Assert.Equal([[1, 2, 3]], Payloads(frame));
    }
}
