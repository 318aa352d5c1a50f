namespace ComfyStream.Benchmarks.Micro;

/// <summary>A picture as 2 Mbit/s at 30 a second make it: one slice, 8 packets.</summary>
internal static class CodedPicture
{
    private const int ByteCount = 2_000_000 / 8 / 30;

    public static byte[] Create()
    {
        byte[] picture = new byte[ByteCount];
        new Random(3).NextBytes(picture);
        // No byte that could be part of a start code.
        for (int i = 0; i < picture.Length; i++)
            picture[i] |= 0x10;
        ReadOnlySpan<byte> begin = [0, 0, 0, 1, 0x41];
        begin.CopyTo(picture);
        return picture;
    }
}
