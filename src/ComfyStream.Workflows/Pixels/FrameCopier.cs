using System.Runtime.CompilerServices;
using ComfyStream.Media;

namespace ComfyStream.Workflows.Pixels;

/// <summary>Copies pixels from frame to frame.</summary>
internal static unsafe class FrameCopier
{
    /// <summary>Both of one size, which gives them the same strides. They may be one frame.</summary>
    public static void Copy(VideoFrame source, VideoFrame target)
    {
        if (source == target)
            return;
        Unsafe.CopyBlock(target.Y, source.Y, (uint)(source.StrideY * source.Height));
        Unsafe.CopyBlock(target.U, source.U, (uint)(source.StrideUv * (source.Height / 2)));
        Unsafe.CopyBlock(target.V, source.V, (uint)(source.StrideUv * (source.Height / 2)));
    }
}
