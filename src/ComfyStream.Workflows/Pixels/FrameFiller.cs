using ComfyStream.Media;

namespace ComfyStream.Workflows.Pixels;

/// <summary>Fills frames.</summary>
internal static unsafe class FrameFiller
{
    private const byte Grey = 128;

    public static void FillGrey(VideoFrame frame)
    {
        new Span<byte>(frame.Y, frame.StrideY * frame.Height).Fill(Grey);
        new Span<byte>(frame.U, frame.StrideUv * (frame.Height / 2)).Fill(Grey);
        new Span<byte>(frame.V, frame.StrideUv * (frame.Height / 2)).Fill(Grey);
    }
}
