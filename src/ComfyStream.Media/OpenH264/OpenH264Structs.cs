using System.Runtime.InteropServices;

namespace ComfyStream.Media.OpenH264;

/// <summary>OpenH264Version.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OpenH264Version
{
    public uint Major, Minor, Revision, Reserved;
}

/// <summary>ISVCEncoder: its function table is all that is seen of it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct OpenH264Object
{
    public OpenH264Functions* Functions;
}

/// <summary>The functions of ISVCEncoder, in the order of their declaration.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct OpenH264Functions
{
    private readonly nint _initialize;
    public delegate* unmanaged[Cdecl]<OpenH264Object*, OpenH264Parameters*, int> InitializeExt;
    public delegate* unmanaged[Cdecl]<OpenH264Object*, OpenH264Parameters*, int> GetDefaultParams;
    public delegate* unmanaged[Cdecl]<OpenH264Object*, int> Uninitialize;
    public delegate* unmanaged[Cdecl]<OpenH264Object*, OpenH264Picture*, OpenH264Output*, int> EncodeFrame;
    private readonly nint _encodeParameterSets;
    public delegate* unmanaged[Cdecl]<OpenH264Object*, byte, int, int> ForceIntraFrame;
    public delegate* unmanaged[Cdecl]<OpenH264Object*, int, void*, int> SetOption;
}

/// <summary>SEncParamExt with its first spatial layer; the fields that are set here.</summary>
[StructLayout(LayoutKind.Explicit, Size = 920)]
internal struct OpenH264Parameters
{
    [FieldOffset(0)] public int UsageType;
    [FieldOffset(4)] public int PictureWidth;
    [FieldOffset(8)] public int PictureHeight;
    [FieldOffset(12)] public int TargetBitRate;
    [FieldOffset(16)] public int RateControlMode;
    [FieldOffset(20)] public float MaxFrameRate;
    [FieldOffset(24)] public int TemporalLayerCount;
    [FieldOffset(28)] public int SpatialLayerCount;
    [FieldOffset(32)] public OpenH264Layer Layer;
    [FieldOffset(832)] public int ComplexityMode;
    [FieldOffset(836)] public uint IntraPeriod;
    [FieldOffset(844)] public int ParameterSetStrategy;
    [FieldOffset(856)] public int EntropyCodingMode;
    [FieldOffset(860)] public byte EnableFrameSkip;
    [FieldOffset(892)] public ushort ThreadCount;
    [FieldOffset(912)] public byte EnableSceneChangeDetection;
}

/// <summary>SSpatialLayerConfig: the fields that are set here.</summary>
[StructLayout(LayoutKind.Explicit, Size = 200)]
internal struct OpenH264Layer
{
    [FieldOffset(0)] public int Width;
    [FieldOffset(4)] public int Height;
    [FieldOffset(8)] public float FrameRate;
    [FieldOffset(12)] public int BitRate;
    [FieldOffset(20)] public int Profile;
    [FieldOffset(32)] public int SliceMode;
    [FieldOffset(184)] public byte HasVideoSignalType;
    [FieldOffset(185)] public byte VideoFormat;
    [FieldOffset(186)] public byte IsFullRange;
    [FieldOffset(187)] public byte HasColorDescription;
    [FieldOffset(188)] public byte ColorPrimaries;
    [FieldOffset(189)] public byte TransferCharacteristics;
    [FieldOffset(190)] public byte ColorMatrix;
}

/// <summary>SSourcePicture.</summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
internal unsafe struct OpenH264Picture
{
    [FieldOffset(0)] public int ColorFormat;
    [FieldOffset(4)] public int StrideY;
    [FieldOffset(8)] public int StrideU;
    [FieldOffset(12)] public int StrideV;
    [FieldOffset(24)] public byte* Y;
    [FieldOffset(32)] public byte* U;
    [FieldOffset(40)] public byte* V;
    [FieldOffset(56)] public int Width;
    [FieldOffset(60)] public int Height;
    [FieldOffset(64)] public long TimestampMilliseconds;
}

/// <summary>SFrameBSInfo.</summary>
[StructLayout(LayoutKind.Explicit, Size = 5144)]
internal struct OpenH264Output
{
    [FieldOffset(0)] public int LayerCount;
    [FieldOffset(8)] public OpenH264OutputLayer FirstLayer;
    [FieldOffset(5128)] public int FrameType;
}

/// <summary>SLayerBSInfo: NAL units with start codes, one behind the other.</summary>
[StructLayout(LayoutKind.Explicit, Size = 40)]
internal unsafe struct OpenH264OutputLayer
{
    [FieldOffset(16)] public int NalUnitCount;
    [FieldOffset(24)] public int* NalUnitBytes;
    [FieldOffset(32)] public byte* Data;
}

/// <summary>SBitrateInfo.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OpenH264BitRate
{
    public int Layer;
    public int BitRate;
}
