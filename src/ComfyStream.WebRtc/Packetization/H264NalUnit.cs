namespace ComfyStream.WebRtc.Packetization;

/// <summary>NAL unit types (H.264 table 7-1, RFC 6184 table 1) and what can be told from a unit's first bytes.</summary>
internal static class H264NalUnit
{
    public const int NonIdrSlice = 1;
    public const int IdrSlice = 5;
    public const int SupplementalInformation = 6;
    public const int SequenceParameterSet = 7;
    public const int PictureParameterSet = 8;
    public const int AccessUnitDelimiter = 9;
    public const int FillerData = 12;

    /// <summary>The last type that stands for one NAL unit; the ones above are RTP's.</summary>
    public const int LastSingle = 23;

    public const int StapA = 24;
    public const int FuA = 28;

    /// <summary>Mask of forbidden_zero_bit (F) and nal_ref_idc (NRI).</summary>
    public const int ImportanceMask = 0xE0;

    /// <summary>Start bit of an FU header.</summary>
    public const int FragmentStart = 0x80;

    /// <summary>End bit of an FU header.</summary>
    public const int FragmentEnd = 0x40;

    /// <summary>The type in a NAL unit's or payload's first byte.</summary>
    public static int TypeOf(byte header) => header & 0x1F;

    /// <summary>
    /// Whether a slice, given without its NAL unit header, is the first of its picture and holds only intra blocks. With
    /// first_mb_in_slice 0 (bit 1) the two codes of slice type I, 2 (011) and 7 (0001000), lie in the first byte.
    /// </summary>
    public static bool IsFirstIntraSlice(ReadOnlySpan<byte> data) =>
        !data.IsEmpty && ((data[0] & 0xF0) == 0b1011_0000 || data[0] == 0b1000_1000);

    /// <summary>
    /// Whether an RTP payload surely begins an access unit: its first NAL unit is of those that come before all slices
    /// (H.264 7.4.1.2.3).
    /// </summary>
    public static bool StartsAccessUnit(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty)
            return false;

        int type = TypeOf(payload[0]);
        if (type == StapA && payload.Length > 3)
            type = TypeOf(payload[3]);
        else if (type == FuA && payload.Length > 1 && (payload[1] & FragmentStart) != 0)
            type = TypeOf(payload[1]);
        return type is SupplementalInformation or SequenceParameterSet or PictureParameterSet or AccessUnitDelimiter;
    }
}
