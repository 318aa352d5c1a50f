using System.Runtime.InteropServices;

namespace ComfyStream.Media.Libav;

/// <summary>AVRational.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AVRational(int numerator, int denominator)
{
    public int Numerator = numerator;
    public int Denominator = denominator;
}

/// <summary>
/// The part of AVFrame that lies at the same place in all known versions; the rest is reached through <see cref="LibavLayout"/>.
/// Only ever behind a pointer from av_frame_alloc: the true size is the library's secret.
/// </summary>
[StructLayout(LayoutKind.Explicit)]
internal unsafe struct AVFrame
{
    [FieldOffset(0)] public byte* Data0;
    [FieldOffset(8)] public byte* Data1;
    [FieldOffset(16)] public byte* Data2;
    [FieldOffset(64)] public int Stride0;
    [FieldOffset(68)] public int Stride1;
    [FieldOffset(72)] public int Stride2;
    [FieldOffset(104)] public int Width;
    [FieldOffset(108)] public int Height;
    [FieldOffset(116)] public int Format;
    [FieldOffset(136)] public long Pts;
}

/// <summary>The part of AVPacket that lies at the same place in all known versions. Only ever behind a pointer from av_packet_alloc.</summary>
[StructLayout(LayoutKind.Explicit)]
internal unsafe struct AVPacket
{
    [FieldOffset(8)] public long Pts;
    [FieldOffset(16)] public long Dts;
    [FieldOffset(24)] public byte* Data;
    [FieldOffset(32)] public int ByteCount;
    [FieldOffset(40)] public int Flags;
}
