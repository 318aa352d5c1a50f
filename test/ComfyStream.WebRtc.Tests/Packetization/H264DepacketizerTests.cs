using ComfyStream.WebRtc.Packetization;
using Xunit;
using static ComfyStream.WebRtc.Tests.Packetization.H264Sample;

namespace ComfyStream.WebRtc.Tests.Packetization;

public sealed class H264DepacketizerTests
{
    [Fact]
    public void Single_units_aggregates_and_fragments_become_one_access_unit()
    {
        byte[]? accessUnit = Depacketize(
            [0x78, 0, 2, 0x67, 1, 0, 3, 0x68, 2, 3],
            [0x06, 5],
            [0x7C, 0x85, 10, 11],
            [0x7C, 0x05, 12],
            [0x7C, 0x45, 13]);

        Assert.Equal(AnnexB([0x67, 1], [0x68, 2, 3], [0x06, 5], [0x65, 10, 11, 12, 13]), accessUnit);
    }

    [Fact]
    public void A_delimiter_is_passed_on() =>
        Assert.Equal(AnnexB([0x09, 0xF0], [0x41, 1]), Depacketize([0x09, 0xF0], [0x41, 1]));

    [Theory]
    [InlineData(new byte[] { 0x79, 0, 0, 0, 1, 0x65 })] // STAP-B
    [InlineData(new byte[] { 0x7A, 0, 0 })] // MTAP16
    [InlineData(new byte[] { 0x7B, 0, 0 })] // MTAP24
    [InlineData(new byte[] { 0x7D, 0x85, 0, 0 })] // FU-B
    [InlineData(new byte[] { 0x7E, 1 })]
    [InlineData(new byte[] { 0x60, 1 })]
    public void Payloads_of_the_interleaved_mode_and_reserved_types_are_dropped(byte[] payload) =>
        Assert.Equal(AnnexB([0x41, 1]), Depacketize(payload, [0x41, 1]));

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0x7C })] // FU-A without its header
    [InlineData(new byte[] { 0x7C, 0xC5, 1 })] // start and end in one
    [InlineData(new byte[] { 0x7C, 0x05, 1 })] // no start before
    [InlineData(new byte[] { 0x7C, 0x45, 1 })]
    [InlineData(new byte[] { 0x7C, 0x98, 1 })] // an aggregate inside a fragment
    [InlineData(new byte[] { 0x7C, 0x80, 1 })]
    [InlineData(new byte[] { 0x78 })] // empty aggregate
    [InlineData(new byte[] { 0x78, 0 })]
    [InlineData(new byte[] { 0x78, 0, 0 })] // unit of no bytes
    [InlineData(new byte[] { 0x78, 0, 3, 0x65, 1 })] // unit longer than the payload
    [InlineData(new byte[] { 0x78, 0, 1, 0x65, 0 })] // half a size at the end
    [InlineData(new byte[] { 0x78, 0, 2, 0x7C, 0x85 })] // a fragment inside an aggregate
    public void A_broken_payload_is_refused(byte[] payload) => Assert.Null(Depacketize(payload));

    [Fact]
    public void A_unit_without_its_last_fragment_is_not_complete() => Assert.Null(Depacketize([0x7C, 0x85, 10], [0x7C, 0x05, 12]));

    [Theory]
    [InlineData(new byte[] { 0x41, 1 })] // another unit
    [InlineData(new byte[] { 0x78, 0, 1, 0x41 })]
    [InlineData(new byte[] { 0x7C, 0x85, 10 })] // a second start
    [InlineData(new byte[] { 0x7C, 0x41, 10 })] // the end of another type
    public void Nothing_else_may_come_within_a_fragmented_unit(byte[] payload) => Assert.Null(Depacketize([0x7C, 0x85, 10], payload));

    [Fact]
    public void A_unit_above_the_cap_is_refused()
    {
        H264Depacketizer depacketizer = new(default);
        byte[] fragment = new byte[60_000];
        fragment[0] = 0x7C;
        fragment[1] = 0x85;
        Assert.True(depacketizer.TryAdd(fragment));

        fragment[1] = 0x05;
        int accepted = 1;
        while (depacketizer.TryAdd(fragment))
            accepted++;

        Assert.Equal(H264Depacketizer.MaxNalUnitBytes / 59_998, accepted);
    }

    [Fact]
    public void An_empty_destination_measures()
    {
        byte[] accessUnit = Picture(isKeyFrame: true, 5000, new Random(1));
        H264Depacketizer depacketizer = new(default);
        foreach (byte[] payload in Payloads(Packetize(accessUnit)))
            Assert.True(depacketizer.TryAdd(payload));

        Assert.Equal(accessUnit.Length, depacketizer.ByteCount);
    }

    [Theory]
    [InlineData(true, new byte[] { 0x65, 0x88 })]
    [InlineData(true, new byte[] { 0x7C, 0x85, 0x88 })]
    [InlineData(true, new byte[] { 0x78, 0, 1, 0x67, 0, 2, 0x65, 0x88 })]
    [InlineData(true, new byte[] { 0x78, 0, 1, 0x67, 0, 2, 0x61, 0x88 })] // parameter sets and slice type 7
    [InlineData(true, new byte[] { 0x78, 0, 1, 0x67, 0, 2, 0x61, 0xB1 })] // slice type 2
    [InlineData(false, new byte[] { 0x78, 0, 1, 0x67, 0, 2, 0x61, 0x9A })] // slice type 5
    [InlineData(false, new byte[] { 0x61, 0x88 })] // intra, but no parameter sets
    [InlineData(false, new byte[] { 0x41, 0x9A })]
    [InlineData(false, new byte[] { 0x67, 1 })]
    public void Decoding_can_start_at_idr_pictures_and_at_intra_pictures_with_parameter_sets(bool expected, byte[] payload)
    {
        H264Depacketizer depacketizer = new(default);

        Assert.True(depacketizer.TryAdd(payload));
        Assert.Equal(expected, depacketizer.IsKeyFrame);
    }

    [Fact]
    public void Truncated_and_mutated_payloads_never_throw_and_measure_what_they_write()
    {
        Random random = new(5);
        byte[][] valid = Payloads(Packetize(AnnexB(Nal(SpsHeader, 12), Nal(PpsHeader, 4), Nal(0x06, 30), Nal(Idr, 300), Nal(Idr, 40)), 100));
        for (int round = 0; round < 30_000; round++)
        {
            byte[][] payloads = [.. valid];
            int victim = random.Next(payloads.Length);
            payloads[victim] = round < 1000 ? payloads[victim][..random.Next(payloads[victim].Length)] : Mutation.Of(payloads[victim], random);

            byte[] memory = new byte[1000];
            H264Depacketizer writing = new(memory);
            H264Depacketizer measuring = new(default);
            foreach (byte[] payload in payloads)
            {
                int before = writing.ByteCount;
                Assert.Equal(writing.TryAdd(payload), measuring.TryAdd(payload));
                Assert.Equal(writing.ByteCount, measuring.ByteCount);
                Assert.InRange(writing.ByteCount - before, 0, payload.Length * 3 + 4);
                H264NalUnit.StartsAccessUnit(payload);
            }
        }
    }

    [Theory]
    [InlineData(true, new byte[] { 0x67, 1 })]
    [InlineData(true, new byte[] { 0x09, 1 })]
    [InlineData(true, new byte[] { 0x78, 0, 1, 0x67 })]
    [InlineData(true, new byte[] { 0x7C, 0x87, 1 })]
    [InlineData(false, new byte[] { 0x7C, 0x07, 1 })]
    [InlineData(false, new byte[] { 0x65, 1 })]
    [InlineData(false, new byte[] { 0x7C, 0x85, 1 })]
    [InlineData(false, new byte[] { 0x78, 0, 1 })]
    [InlineData(false, new byte[] { 0x7C })]
    [InlineData(false, new byte[0])]
    public void Only_units_that_precede_all_slices_surely_begin_an_access_unit(bool expected, byte[] payload) =>
        Assert.Equal(expected, H264NalUnit.StartsAccessUnit(payload));
}
