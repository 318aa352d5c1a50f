namespace ComfyStream.Media.H264;

/// <summary>Reads byte streams in the format of ITU-T H.264 annex B.</summary>
public static class AnnexB
{
    private const byte TypeMask = 0x1f;

    /// <summary>Type of a NAL unit that starts with its header byte.</summary>
    public static NalUnitType TypeOf(ReadOnlySpan<byte> nalUnit) => (NalUnitType)(nalUnit[0] & TypeMask);

    /// <summary>Walks the NAL units: without start codes and trailing zeros, none of them empty. Allocates nothing.</summary>
    public static NalUnitEnumerator EnumerateNalUnits(ReadOnlySpan<byte> accessUnit) => new(accessUnit);

    /// <summary>Finds the first NAL unit of a type.</summary>
    public static bool TryFind(ReadOnlySpan<byte> accessUnit, NalUnitType type, out ReadOnlySpan<byte> nalUnit)
    {
        foreach (ReadOnlySpan<byte> candidate in EnumerateNalUnits(accessUnit))
        {
            if (TypeOf(candidate) != type)
                continue;
            nalUnit = candidate;
            return true;
        }

        nalUnit = default;
        return false;
    }
}
