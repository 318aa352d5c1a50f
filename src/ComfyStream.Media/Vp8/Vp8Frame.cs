namespace ComfyStream.Media.Vp8;

/// <summary>Reads the frame tag that begins each coded VP8 picture (RFC 6386, section 9.1).</summary>
internal static class Vp8Frame
{
    private const int InterframeBit = 1;

    /// <summary>Whether decoding can start at it. False for an empty one.</summary>
    public static bool IsKeyFrame(ReadOnlySpan<byte> frame) => !frame.IsEmpty && (frame[0] & InterframeBit) == 0;
}
