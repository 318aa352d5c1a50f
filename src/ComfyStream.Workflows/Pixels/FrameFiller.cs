using ComfyStream.Media;

namespace ComfyStream.Workflows.Pixels;

/// <summary>Gives whole pictures one colour.</summary>
internal static unsafe class FrameFiller
{
    /// <summary>Of either matrix.</summary>
    public static YuvColor Black => new(16, 128, 128);

    public static void FillGrey(VideoFrame target) => Fill(target, new YuvColor(128, 128, 128));

    public static void Fill(VideoFrame target, YuvColor color)
    {
        new Span<byte>(target.Y, target.StrideY * target.Height).Fill(color.Y);
        new Span<byte>(target.U, target.StrideUv * (target.Height / 2)).Fill(color.U);
        new Span<byte>(target.V, target.StrideUv * (target.Height / 2)).Fill(color.V);
    }
}
