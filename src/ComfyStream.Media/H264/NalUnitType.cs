namespace ComfyStream.Media.H264;

/// <summary>nal_unit_type (ITU-T H.264, table 7-1): those that matter here.</summary>
public enum NalUnitType
{
    /// <summary>A slice of a picture that decoding cannot start at.</summary>
    NonIdrSlice = 1,

    /// <summary>A slice of an IDR picture.</summary>
    IdrSlice = 5,

    /// <summary>Supplemental enhancement information.</summary>
    SupplementalInformation = 6,

    /// <summary>SPS.</summary>
    SequenceParameterSet = 7,

    /// <summary>PPS.</summary>
    PictureParameterSet = 8,

    /// <summary>Access unit delimiter.</summary>
    AccessUnitDelimiter = 9,

    /// <summary>End of sequence.</summary>
    EndOfSequence = 10,

    /// <summary>End of stream.</summary>
    EndOfStream = 11,

    /// <summary>Filler.</summary>
    FillerData = 12,
}
