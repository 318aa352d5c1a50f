namespace ComfyStream.Media.Libav;

/// <summary>Reads PNG and JPEG files with libavcodec. Any thread; not for media paths.</summary>
public static unsafe class PictureLoader
{
    private const int BytesPerPixel = 4;
    private const int MaxPixels = 8192 * 8192;

    private static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a];

    private static ReadOnlySpan<byte> JpegSignature => [0xff, 0xd8, 0xff];

    /// <summary>Decodes a file's bytes. Orientation tags are not applied.</summary>
    /// <exception cref="MediaException">It is neither PNG nor JPEG, it is broken or larger than 8192x8192, or libav is missing.</exception>
    public static RgbaPicture Load(ReadOnlySpan<byte> file)
    {
        LibavLibrary.EnsureLoaded();
        using CodecContext decoder = CodecContext.ForDecoder(DecoderFor(file));
        decoder.Set("threads"u8, 1);
        decoder.Set("max_pixels"u8, MaxPixels);
        decoder.Open();
        using NativePacket packet = new();
        using NativeFrame picture = new();
        packet.Fill(file, 0);
        LibavError.ThrowIfNegative(decoder.Send(packet), "decoding the picture file");
        int result = decoder.Receive(picture);
        if (result == LibavResult.TryAgain)
        {
            decoder.SendEnd();
            result = decoder.Receive(picture);
        }

        LibavError.ThrowIfNegative(result, "decoding the picture file");
        return ToRgba(picture);
    }

    private static ReadOnlySpan<byte> DecoderFor(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith(PngSignature))
            return "png"u8;
        if (file.StartsWith(JpegSignature))
            return "mjpeg"u8;
        throw new MediaException("The file is neither PNG nor JPEG.");
    }

    private static RgbaPicture ToRgba(NativeFrame picture)
    {
        (int width, int height, int format) = (picture.Pointer->Width, picture.Pointer->Height, picture.Pointer->Format);
        int stride = checked(width * BytesPerPixel);
        byte[] pixels = GC.AllocateUninitializedArray<byte>(checked(stride * height));
        using PixelConverter converter = new();

        // JFIF: BT.601 over the full range, whatever the frame says. RGB sources ignore the matrix.
        fixed (byte* start = pixels)
        {
            byte** planes = stackalloc byte*[4] { start, null, null, null };
            int* strides = stackalloc int[4] { stride, 0, 0, 0 };
            converter.Convert(
                picture.Planes, picture.Strides, width, height, new(format, ColorSpace.Smpte170M, true),
                planes, strides, width, height, new(PixelFormat.Rgba, ColorSpace.Smpte170M, true));
        }

        return new(width, height, pixels);
    }
}
