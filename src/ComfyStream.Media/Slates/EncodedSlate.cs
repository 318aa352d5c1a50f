namespace ComfyStream.Media.Slates;

/// <summary>
/// A slate, coded once as two key frames that are sent in turn, a second apart, for as long as it is shown. Two, because of two
/// IDR pictures in a row each must have another idr_pic_id (ITU-T H.264, 7.4.3). Immutable, for any thread.
/// </summary>
public sealed class EncodedSlate
{
    private const int MinSide = 64;
    private const int MaxSide = 4096;

    // These give 15 to 30 kB for 1280x720. libvpx takes less than it is given.
    private const int LeastBitRate = 40_000;
    private const double BitsPerPixel = 0.25;
    private const double BitsPerPixelVp8 = 0.6;

    /// <summary>The rate controls need about two pictures to find out how simple it is.</summary>
    private const int PicturesBefore = 3;
    private const int MostAttempts = 12;

    private readonly byte[] _first;
    private readonly byte[] _second;

    private EncodedSlate(MediaCodec codec, int width, int height, byte[] first, byte[] second)
    {
        (Codec, Width, Height) = (codec, width, height);
        (_first, _second) = (first, second);
    }

    /// <summary>Codec of the pictures.</summary>
    public MediaCodec Codec { get; }

    /// <summary>Width in pixels, which may differ a little from what was asked for.</summary>
    public int Width { get; }

    /// <summary>Height in pixels, which may differ a little from what was asked for.</summary>
    public int Height { get; }

    /// <summary>
    /// Draws and codes a slate. The size is made even, and at least 64 and at most 4096 pixels each way. Takes some tens of
    /// milliseconds; keeps nothing but the result.
    /// </summary>
    /// <exception cref="MediaException">There is no such encoder, or it refuses the size or the picture.</exception>
    public static EncodedSlate Create(ICodecFactory codecs, MediaCodec codec, int width, int height, string title, string detail)
    {
        width = Math.Clamp(width, MinSide, MaxSide) & ~1;
        height = Math.Clamp(height, MinSide, MaxSide) & ~1;
        using VideoFramePool pictures = new();
        VideoFrame picture = pictures.Rent(width, height);
        try
        {
            SlatePicture.Draw(picture, title, detail);
            int bitRate = LeastBitRate + (int)(width * height * (codec == MediaCodec.Vp8 ? BitsPerPixelVp8 : BitsPerPixel));
            using IVideoEncoder encoder = codecs.CreateVideoEncoder(codec, width, height, framesPerSecond: 1, bitRate, new EncodedFramePool());
            for (int i = 0; i < PicturesBefore; i++)
                EncodeKeyFrame(encoder, picture);

            // The same twice where that is allowed: two codings are not quite alike, and who looks long sees it.
            byte[] first = EncodeKeyFrame(encoder, picture);
            return new(codec, width, height, first, codec == MediaCodec.H264 ? EncodeKeyFrame(encoder, picture) : first);
        }
        finally
        {
            picture.Return();
        }
    }

    /// <summary>The picture to send: the first for even numbers, the second for odd ones. A key frame with its parameter sets.</summary>
    public ReadOnlySpan<byte> Picture(int index) => (index & 1) == 0 ? _first : _second;

    private static byte[] EncodeKeyFrame(IVideoEncoder encoder, VideoFrame picture)
    {
        for (int attempt = 0; attempt < MostAttempts; attempt++)
        {
            picture.MediaTime += TimeSpan.FromSeconds(1);
            if (!encoder.TryEncode(picture, forceKeyFrame: true, out EncodedFrame? coded))
                continue;
            byte[]? bytes = coded!.IsKeyFrame ? coded.Data.ToArray() : null;
            coded.Release();
            if (bytes is not null)
                return bytes;
        }

        throw new MediaException($"The encoder gave no key frame of a slate of {picture.Width}x{picture.Height} pixels, in {MostAttempts} attempts.");
    }
}
