namespace ComfyStream.Media.H264;

/// <summary>Parses sequence parameter sets; in the order of the syntax tables 7.3.2.1.1 and E.1.1.</summary>
internal static class SpsParser
{
    public const byte BaselineProfile = 66;
    public const byte MainProfile = 77;
    public const byte ExtendedProfile = 88;
    public const byte ConstraintSet0 = 0x80;
    public const byte ConstraintSet1 = 0x40;

    private const int MaxId = 31;
    private const int MaxReferences = 16;
    private const int MaxMacroblocksPerSide = 1024;
    private const int MaxOrderCountCycle = 255;
    private const int MacroblockSide = 16;
    private const int ExtendedAspectRatio = 255;
    private const int MaxHrdCount = 32;

    public static bool TryParse(ReadOnlySpan<byte> nalUnit, out SequenceParameterSet parameters)
    {
        parameters = default;
        if (nalUnit.Length < 5 || AnnexB.TypeOf(nalUnit) != NalUnitType.SequenceParameterSet)
            return false;

        RbspReader reader = new(nalUnit[1..]);
        byte profile = (byte)reader.ReadBits(8);
        byte constraints = (byte)reader.ReadBits(8);
        byte level = (byte)reader.ReadBits(8);
        uint id = reader.ReadUnsigned();
        if (!TryReadChroma(ref reader, profile, out uint chromaFormat, out bool areSeparate, out uint bitDepth))
            return false;
        if (!TryReadPictureOrder(ref reader, out uint orderType))
            return false;
        if (id > MaxId || reader.ReadUnsigned() > MaxReferences)
            return false;
        reader.ReadFlag(); // gaps_in_frame_num_value_allowed_flag
        if (!TryReadSize(ref reader, areSeparate ? 0 : chromaFormat, out int width, out int height, out bool isFrameOnly))
            return false;

        parameters = new()
        {
            Id = (int)id,
            ProfileIdc = profile,
            ConstraintFlags = constraints,
            LevelIdc = level,
            Width = width,
            Height = height,
            ChromaFormatIdc = (int)chromaFormat,
            BitDepth = (int)bitDepth,
            PictureOrderCountType = (int)orderType,
            IsFrameOnly = isFrameOnly,
            NumReorderFrames = orderType == 2 ? 0 : ReadNumReorderFrames(ref reader),
        };
        return true;
    }

    private static bool TryReadChroma(ref RbspReader reader, byte profile, out uint format, out bool areSeparate, out uint bitDepth)
    {
        (format, areSeparate, bitDepth) = (1, false, 8);
        if (profile is not (100 or 110 or 122 or 244 or 44 or 83 or 86 or 118 or 128 or 138 or 139 or 134 or 135))
            return true;

        format = reader.ReadUnsigned();
        areSeparate = format == 3 && reader.ReadFlag();
        bitDepth = 8 + reader.ReadUnsigned();
        uint chromaBitDepth = 8 + reader.ReadUnsigned();
        reader.ReadFlag(); // qpprime_y_zero_transform_bypass_flag
        if (format > 3 || bitDepth > 14 || chromaBitDepth > 14)
            return false;
        if (reader.ReadFlag())
            SkipScalingLists(ref reader, format == 3 ? 12 : 8);
        return !reader.IsExhausted;
    }

    private static void SkipScalingLists(ref RbspReader reader, int count)
    {
        for (int list = 0; list < count; list++)
        {
            if (!reader.ReadFlag())
                continue;
            int size = list < 6 ? 16 : 64;
            int last = 8;
            for (int i = 0; i < size && last != 0 && !reader.IsExhausted; i++)
                last = last + reader.ReadSigned() & 0xff;
        }
    }

    private static bool TryReadPictureOrder(ref RbspReader reader, out uint type)
    {
        reader.ReadUnsigned(); // log2_max_frame_num_minus4
        type = reader.ReadUnsigned();
        if (type == 0)
        {
            reader.ReadUnsigned(); // log2_max_pic_order_cnt_lsb_minus4
        }
        else if (type == 1)
        {
            reader.ReadFlag();
            reader.ReadSigned();
            reader.ReadSigned();
            uint cycle = reader.ReadUnsigned();
            if (cycle > MaxOrderCountCycle)
                return false;
            for (uint i = 0; i < cycle; i++)
                reader.ReadSigned();
        }

        return type <= 2 && !reader.IsExhausted;
    }

    private static bool TryReadSize(ref RbspReader reader, uint chromaFormat, out int width, out int height, out bool isFrameOnly)
    {
        (width, height) = (0, 0);
        uint columns = reader.ReadUnsigned() + 1;
        uint mapRows = reader.ReadUnsigned() + 1;
        isFrameOnly = reader.ReadFlag();
        if (!isFrameOnly)
            reader.ReadFlag(); // mb_adaptive_frame_field_flag
        reader.ReadFlag(); // direct_8x8_inference_flag
        uint rowsPerMapRow = isFrameOnly ? 1u : 2u;
        if (columns > MaxMacroblocksPerSide || mapRows > MaxMacroblocksPerSide / rowsPerMapRow)
            return false;

        long cropX = 0;
        long cropY = 0;
        if (reader.ReadFlag())
        {
            long unitX = chromaFormat is 1 or 2 ? 2 : 1;
            long unitY = (chromaFormat == 1 ? 2 : 1) * rowsPerMapRow;
            cropX = unitX * ((long)reader.ReadUnsigned() + reader.ReadUnsigned());
            cropY = unitY * ((long)reader.ReadUnsigned() + reader.ReadUnsigned());
        }

        width = (int)Math.Max(0, columns * MacroblockSide - cropX);
        height = (int)Math.Max(0, mapRows * rowsPerMapRow * MacroblockSide - cropY);
        return !reader.IsExhausted && width > 0 && height > 0;
    }

    /// <summary>Reads on to the last field but one of the VUI; null when it is not there. Some encoders cut the VUI short.</summary>
    private static int? ReadNumReorderFrames(ref RbspReader reader)
    {
        if (!reader.ReadFlag()) // vui_parameters_present_flag
            return null;
        if (reader.ReadFlag() && reader.ReadBits(8) == ExtendedAspectRatio)
            reader.ReadBits(32);
        if (reader.ReadFlag()) // overscan_info_present_flag
            reader.ReadFlag();
        if (reader.ReadFlag()) // video_signal_type_present_flag
        {
            reader.ReadBits(4);
            if (reader.ReadFlag())
                reader.ReadBits(24);
        }

        if (reader.ReadFlag()) // chroma_loc_info_present_flag
        {
            reader.ReadUnsigned();
            reader.ReadUnsigned();
        }

        if (reader.ReadFlag()) // timing_info_present_flag
        {
            reader.ReadBits(32);
            reader.ReadBits(32);
            reader.ReadFlag();
        }

        if (!TrySkipHrd(ref reader))
            return null;
        reader.ReadFlag(); // pic_struct_present_flag
        return ReadBitstreamRestriction(ref reader);
    }

    private static bool TrySkipHrd(ref RbspReader reader)
    {
        bool hasNalHrd = reader.ReadFlag();
        if (hasNalHrd && !TrySkipHrdParameters(ref reader))
            return false;
        bool hasVclHrd = reader.ReadFlag();
        if (hasVclHrd && !TrySkipHrdParameters(ref reader))
            return false;
        if (hasNalHrd || hasVclHrd)
            reader.ReadFlag(); // low_delay_hrd_flag
        return true;
    }

    private static bool TrySkipHrdParameters(ref RbspReader reader)
    {
        uint count = reader.ReadUnsigned() + 1;
        if (count > MaxHrdCount)
            return false;
        reader.ReadBits(8);
        for (uint i = 0; i < count; i++)
        {
            reader.ReadUnsigned();
            reader.ReadUnsigned();
            reader.ReadFlag();
        }

        reader.ReadBits(20);
        return true;
    }

    private static int? ReadBitstreamRestriction(ref RbspReader reader)
    {
        if (!reader.ReadFlag())
            return null;
        reader.ReadFlag(); // motion_vectors_over_pic_boundaries_flag
        for (int i = 0; i < 4; i++)
            reader.ReadUnsigned();
        uint reorder = reader.ReadUnsigned();
        uint buffering = reader.ReadUnsigned();
        return reader.IsExhausted || reorder > buffering || buffering > MaxReferences ? null : (int)reorder;
    }
}
