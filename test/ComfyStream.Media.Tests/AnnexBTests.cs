using ComfyStream.Media.H264;

namespace ComfyStream.Media.Tests;

public sealed class AnnexBTests
{
    [Fact]
    public void Start_codes_of_three_and_four_bytes_and_trailing_zeros_are_not_part_of_a_unit()
    {
        byte[] stream = [0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x68, 3, 0, 0, 0, 0, 1, 0x65, 4, 0, 0, 3, 0, 0, 0];
        Assert.Equal([[0x67, 1, 2], [0x68, 3], [0x65, 4, 0, 0, 3]], Units(stream));
        Assert.True(AnnexB.TryFind(stream, NalUnitType.IdrSlice, out ReadOnlySpan<byte> slice));
        Assert.Equal([0x65, 4, 0, 0, 3], slice.ToArray());
        Assert.False(AnnexB.TryFind(stream, NalUnitType.NonIdrSlice, out _));
    }

    [Fact]
    public void What_comes_before_the_first_start_code_and_empty_units_are_passed_over()
    {
        Assert.Equal([[0x41, 9]], Units([7, 7, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0x41, 9, 0, 0, 1]));
        Assert.Empty(Units([]));
        Assert.Empty(Units([0, 0, 1]));
        Assert.Empty(Units([1, 2, 3, 0, 0]));
    }

    [Fact]
    public void Any_bytes_are_walked_to_their_end()
    {
        Random random = new(1);
        for (int round = 0; round < 3000; round++)
        {
            byte[] stream = new byte[random.Next(40)];
            for (int i = 0; i < stream.Length; i++)
                stream[i] = (byte)random.Next(3);
            foreach (byte[] unit in Units(stream))
            {
                Assert.NotEmpty(unit);
                Assert.NotEqual(0, unit[^1]);
                Assert.Equal(-1, unit.AsSpan().IndexOf<byte>([0, 0, 1]));
            }
        }
    }

    private static List<byte[]> Units(ReadOnlySpan<byte> stream)
    {
        List<byte[]> units = [];
        foreach (ReadOnlySpan<byte> unit in AnnexB.EnumerateNalUnits(stream))
            units.Add(unit.ToArray());
        return units;
    }
}
