using ComfyStream.Media;
using ComfyStream.Media.H264;

namespace ComfyStream.Benchmarks.Joining;

/// <summary>Tells by frame_num (ITU-T H.264, 7.4.3) whether each picture is the one after that before it. For streams without B-frames.</summary>
internal sealed class PictureNumbers
{
    private const int LeastNumberBits = 4;

    private int _numberBits = LeastNumberBits;
    private uint _expected;

    /// <summary>Whether a picture can be decoded after those before it: a key frame always can.</summary>
    public bool Follows(EncodedFrame picture)
    {
        foreach (ReadOnlySpan<byte> unit in AnnexB.EnumerateNalUnits(picture.Data))
        {
            switch (AnnexB.TypeOf(unit))
            {
                case NalUnitType.SequenceParameterSet:
                    _numberBits = ReadNumberBits(unit);
                    break;
                case NalUnitType.IdrSlice:
                    _expected = 1;
                    return true;
                case NalUnitType.NonIdrSlice:
                    return Follows(unit);
            }
        }

        return false;
    }

    private static int ReadNumberBits(ReadOnlySpan<byte> unit)
    {
        // Past profile and level. Constrained Baseline has no fields of chroma between these.
        RbspReader reader = new(unit[4..]);
        _ = reader.ReadUnsigned();
        return LeastNumberBits + (int)reader.ReadUnsigned();
    }

    private bool Follows(ReadOnlySpan<byte> slice)
    {
        RbspReader reader = new(slice[1..]);
        _ = reader.ReadUnsigned();
        _ = reader.ReadUnsigned();
        _ = reader.ReadUnsigned();
        uint number = reader.ReadBits(_numberBits);
        bool follows = number == _expected;
        bool isReference = (slice[0] & 0x60) != 0;
        _expected = isReference ? number + 1 & (1u << _numberBits) - 1 : number;
        return follows;
    }
}
