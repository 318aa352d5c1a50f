namespace ComfyStream.Benchmarks.Micro;

/// <summary>A picture as 2 Mbit/s at 30 a second make it: one slice, 8 packets.</summary>
internal static class CodedPicture
{
    private const int ByteCount = 2_000_000 / 8 / 30;

    public static byte[] Create(bool isKeyFrame = false)
    {
        byte[] picture = new byte[ByteCount];
        new Random(3).NextBytes(picture);
        // No byte that could be part of a start code.
        for (int i = 0; i < picture.Length; i++)
            picture[i] |= 0x10;
        // Parameters and an I slice of an IDR picture, or a P slice; of the slice, what says that it is the picture's first (H.264 7.3.3).
        ReadOnlySpan<byte> begin = isKeyFrame ? [0, 0, 0, 1, 0x67, 0x42, 0xC0, 0x1F, 0, 0, 0, 1, 0x65, 0x88] : [0, 0, 0, 1, 0x41, 0x9A];
        begin.CopyTo(picture);
        return picture;
    }
}
