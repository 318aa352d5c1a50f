namespace ComfyStream.Media.H264;

/// <summary>What a receiver must know of an H.264 sequence parameter set (ITU-T H.264, 7.3.2.1.1 and annex E).</summary>
public readonly record struct SequenceParameterSet
{
    /// <summary>seq_parameter_set_id, 0 to 31.</summary>
    public int Id { get; internal init; }

    /// <summary>profile_idc: 66 Baseline, 77 Main, 100 High.</summary>
    public byte ProfileIdc { get; internal init; }

    /// <summary>The byte of constraint_set flags, the first of them highest.</summary>
    public byte ConstraintFlags { get; internal init; }

    /// <summary>level_idc: ten times the level.</summary>
    public byte LevelIdc { get; internal init; }

    /// <summary>Width in pixels after cropping.</summary>
    public int Width { get; internal init; }

    /// <summary>Height in pixels after cropping.</summary>
    public int Height { get; internal init; }

    /// <summary>chroma_format_idc: 1 is 4:2:0.</summary>
    public int ChromaFormatIdc { get; internal init; }

    /// <summary>Bits of a luma sample.</summary>
    public int BitDepth { get; internal init; }

    /// <summary>pic_order_cnt_type; 2 means that pictures are shown in the order in which they are sent.</summary>
    public int PictureOrderCountType { get; internal init; }

    /// <summary>Whether every picture is a whole frame and none a field.</summary>
    public bool IsFrameOnly { get; internal init; }

    /// <summary>
    /// How many pictures may precede another in sending and follow it in showing: 0 when they are shown as sent; null when the
    /// stream does not say, and only its times can tell.
    /// </summary>
    public int? NumReorderFrames { get; internal init; }

    /// <summary>Whether any decoder of Constrained Baseline can play it (A.2.1.1).</summary>
    public bool IsConstrainedBaseline =>
        ProfileIdc == SpsParser.BaselineProfile && (ConstraintFlags & SpsParser.ConstraintSet1) != 0
        || ProfileIdc is SpsParser.MainProfile or SpsParser.ExtendedProfile && (ConstraintFlags & SpsParser.ConstraintSet0) != 0 && (ConstraintFlags & SpsParser.ConstraintSet1) != 0;

    /// <summary>The three bytes of SDP's profile-level-id (RFC 6184, section 8.1), as a number: 0x42e01f.</summary>
    public int ProfileLevelId => ProfileIdc << 16 | ConstraintFlags << 8 | LevelIdc;

    /// <summary>Parses a NAL unit that starts with its header byte. False when it is no such unit, broken, or cut off.</summary>
    public static bool TryParse(ReadOnlySpan<byte> nalUnit, out SequenceParameterSet parameters) => SpsParser.TryParse(nalUnit, out parameters);
}
