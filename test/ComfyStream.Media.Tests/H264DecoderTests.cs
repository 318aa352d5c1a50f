using ComfyStream.Media.H264;

namespace ComfyStream.Media.Tests;

public sealed class H264DecoderTests
{
    private const int Width = 320;
    private const int Height = 180;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Reordered_pictures_come_in_display_order_with_their_own_times_and_no_later_than_the_stream_needs(int bFrames)
    {
        using Codecs codecs = new();
        using IVideoDecoder decoder = codecs.CreateDecoder();
        int step = bFrames + 1;
        const int Groups = 12;
        int count = 1 + Groups * step;
        List<byte[]> units = FfmpegTool.SplitAtDelimiters(MakeBrightening(count, bFrames));
        Assert.Equal(count, units.Count);
        int reorder = ReorderOf(units[0]);
        Assert.Equal(bFrames == 0 ? 0 : 1, reorder);

        List<TimeSpan> shown = [];
        for (int i = 0; i < count; i++)
        {
            // Decode order: I, then P before the B pictures that it follows on screen.
            int number = i == 0 ? 0 : (i - 1) % step == 0 ? i + bFrames : i - 1;
            Assert.True(codecs.Decode(decoder, units[i], number, picture =>
            {
                shown.Add(picture.MediaTime);
                double expected = 20 + 4 * Math.Round((picture.MediaTime - Scene.MediaTimeOf(0)) / Scene.Period);
                Assert.Equal(expected, Scene.MeanLuma(picture), 1.5);
                Assert.Equal(TimeSpan.FromMilliseconds(2), picture.LastArrival - picture.MediaTime);
            }));
            Assert.True(shown.Count >= i + 1 - reorder, $"after {i + 1} access units only {shown.Count} pictures");
        }

        Assert.Equal(Enumerable.Range(0, count - reorder).Select(Scene.MediaTimeOf), shown);
    }

    [Fact]
    public void A_new_resolution_in_the_stream_is_taken_over_at_its_key_frame()
    {
        using Codecs codecs = new();
        using IVideoDecoder decoder = codecs.CreateDecoder();
        List<(int, int)> sizes = [];
        foreach ((int width, int height) in new[] { (320, 180), (640, 360), (180, 320) })
        {
            using IVideoEncoder encoder = codecs.CreateEncoder(Codecs.X264, width, height);
            for (int i = 0; i < 3; i++)
            {
                EncodedFrame frame = codecs.Encode(encoder, i);
                Assert.True(codecs.Decode(decoder, frame.Data, i, picture => sizes.Add((picture.Width, picture.Height))));
                frame.Release();
            }
        }

        Assert.Equal([(320, 180), (320, 180), (320, 180), (640, 360), (640, 360), (640, 360), (180, 320), (180, 320), (180, 320)], sizes);
    }

    [Fact]
    public void Broken_data_is_survived_and_the_next_key_frame_decodes_whole()
    {
        using Codecs codecs = new();
        using IVideoEncoder encoder = codecs.CreateEncoder(Codecs.X264, Width, Height);
        using IVideoDecoder decoder = codecs.CreateDecoder();
        Random random = new(7);
        for (int round = 0; round < 150; round++)
        {
            EncodedFrame sound = codecs.Encode(encoder, round, forceKeyFrame: round % 3 == 0);
            byte[] broken = Break(sound.Data, random);
            sound.Release();
            codecs.Decode(decoder, broken, round, _ => { });

            VideoFrame source = Scene.Draw(codecs.Pictures, Width, Height, round);
            Assert.True(encoder.TryEncode(source, true, out EncodedFrame? key));
            double psnr = 0;
            codecs.Decode(decoder, key!.Data, round, picture => psnr = Scene.Psnr(source, picture));
            Assert.True(psnr > 30, $"round {round}: {psnr:F1} dB");
            key.Release();
            source.Return();
        }
    }

    [Fact]
    public void Bytes_that_are_no_stream_are_refused()
    {
        using Codecs codecs = new();
        using IVideoDecoder decoder = codecs.CreateDecoder();
        byte[] noise = new byte[5000];
        new Random(3).NextBytes(noise);
        int pictures = 0;
        Assert.False(codecs.Decode(decoder, noise, 0, _ => pictures++));
        Assert.False(codecs.Decode(decoder, [], 1, _ => pictures++));
        Assert.False(codecs.Decode(decoder, [0, 0, 0, 1], 2, _ => pictures++));
        Assert.Equal(0, pictures);
    }

    [Fact]
    public void A_picture_with_a_cut_slice_is_reported_and_not_shown()
    {
        using Codecs codecs = new();
        using IVideoEncoder encoder = codecs.CreateEncoder(Codecs.X264, Width, Height);
        using IVideoDecoder decoder = codecs.CreateDecoder();
        int pictures = 0;
        bool isAccepted = true;
        for (int i = 0; i < 6; i++)
        {
            EncodedFrame frame = codecs.Encode(encoder, i);
            isAccepted = codecs.Decode(decoder, i == 5 ? frame.Data[..(frame.ByteCount / 3)] : frame.Data, i, _ => pictures++);
            frame.Release();
        }

        Assert.False(isAccepted);
        Assert.Equal(5, pictures);
    }

    [Fact]
    public void Pictures_that_a_reordering_stream_still_held_are_shown_when_one_without_reordering_follows_at_once()
    {
        using Codecs codecs = new();
        using IVideoDecoder decoder = codecs.CreateDecoder();
        List<byte[]> reordered = FfmpegTool.SplitAtDelimiters(MakeBrightening(7, 2));
        int pictures = 0;
        for (int i = 0; i < reordered.Count; i++)
            codecs.Decode(decoder, reordered[i], i, _ => pictures++);
        Assert.Equal(6, pictures);

        using IVideoEncoder encoder = codecs.CreateEncoder(Codecs.X264, Width, Height);
        for (int i = 7; i < 10; i++)
        {
            EncodedFrame frame = codecs.Encode(encoder, i);
            Assert.True(codecs.Decode(decoder, frame.Data, i, _ => pictures++));
            Assert.Equal(i + 1, pictures);
            frame.Release();
        }
    }

    [Theory]
    [InlineData("yuvj420p")]
    [InlineData("yuv444p")]
    [InlineData("yuv422p")]
    [InlineData("yuv420p10le")]
    [InlineData("gray")]
    public void Other_pixel_formats_and_full_range_become_limited_I420(string format)
    {
        byte[] stream = FfmpegTool.Make(
            $"-f lavfi -i color=c=white:s={Width}x{Height}:r=30 -frames:v 1 -pix_fmt {format} -c:v libx264 -crf 1 -tune zerolatency -f h264");
        using Codecs codecs = new();
        using IVideoDecoder decoder = codecs.CreateDecoder();
        int pictures = 0;
        Assert.True(codecs.Decode(decoder, stream, 0, picture =>
        {
            pictures++;
            Assert.Equal((Width, Height), (picture.Width, picture.Height));
            Assert.Equal(235, Scene.MeanLuma(picture), 1.5);
            Assert.Equal(128, Scene.MeanU(picture), 1.5);
            Assert.Equal(128, Scene.MeanV(picture), 1.5);
        }));
        Assert.Equal(1, pictures);
    }

    [Theory]
    [InlineData(322, 182, 322, 182)]
    [InlineData(321, 181, 320, 180)]
    public void Cropping_is_respected_and_odd_sizes_are_rounded_down(int width, int height, int shownWidth, int shownHeight)
    {
        byte[] stream = FfmpegTool.Make(
            $"-f lavfi -i color=c=red:s={width}x{height}:r=30 -frames:v 1 -pix_fmt yuv444p -c:v libx264 -crf 1 -tune zerolatency -f h264");
        using Codecs codecs = new();
        using IVideoDecoder decoder = codecs.CreateDecoder();
        (int, int) size = default;
        Assert.True(codecs.Decode(decoder, stream, 0, picture => size = (picture.Width, picture.Height)));
        Assert.Equal((shownWidth, shownHeight), size);
    }

    [Theory]
    [InlineData("4096x2320")]
    [InlineData("9216x64")]
    public void A_picture_larger_than_allowed_is_refused_without_harm(string size)
    {
        byte[] stream = FfmpegTool.Make(
            $"-f lavfi -i color=c=red:s={size}:r=30 -frames:v 1 -pix_fmt yuv420p -c:v libx264 -preset ultrafast -tune zerolatency -f h264");
        using Codecs codecs = new();
        using IVideoDecoder decoder = codecs.CreateDecoder();
        int pictures = 0;
        codecs.Decode(decoder, stream, 0, _ => pictures++);
        Assert.Equal(0, pictures);
        using IVideoEncoder encoder = codecs.CreateEncoder(Codecs.X264, Width, Height);
        EncodedFrame frame = codecs.Encode(encoder, 1);
        codecs.Decode(decoder, frame.Data, 1, _ => pictures++);
        Assert.Equal(1, pictures);
        frame.Release();
    }

    [Theory]
    [InlineData("bt709", 180, true)]
    [InlineData("smpte170m", 720, false)]
    [InlineData("unknown", 180, false)]
    [InlineData("unknown", 720, true)]
    public void The_colour_matrix_is_the_signalled_one_or_else_goes_by_the_height(string matrix, int height, bool isBt709)
    {
        byte[] stream = FfmpegTool.Make(
            $"-f lavfi -i color=c=red:s=320x{height}:r=30 -frames:v 1 -pix_fmt yuv420p -c:v libx264 -colorspace {matrix} -tune zerolatency -f h264");
        using Codecs codecs = new();
        using IVideoDecoder decoder = codecs.CreateDecoder();
        bool? result = null;
        Assert.True(codecs.Decode(decoder, stream, 0, picture => result = picture.IsBt709));
        Assert.Equal(isBt709, result);
    }

    private static int ReorderOf(byte[] accessUnit)
    {
        Assert.True(AnnexB.TryFind(accessUnit, NalUnitType.SequenceParameterSet, out ReadOnlySpan<byte> sps));
        Assert.True(SequenceParameterSet.TryParse(sps, out SequenceParameterSet parameters));
        return parameters.NumReorderFrames!.Value;
    }

    /// <summary>Pictures whose brightness is their number in display order, in a fixed pattern of B pictures that nothing refers to.</summary>
    private static byte[] MakeBrightening(int count, int bFrames)
    {
        byte[] raw = new byte[count * Width * Height * 3 / 2];
        raw.AsSpan().Fill(128);
        for (int i = 0; i < count; i++)
            raw.AsSpan(i * Width * Height * 3 / 2, Width * Height).Fill((byte)(20 + 4 * i));
        return FfmpegTool.Make(
            $"-f rawvideo -pix_fmt yuv420p -s {Width}x{Height} -r 30 -i INPUT -c:v libx264 -bf {bFrames} -crf 10 " +
            $"-x264-params aud=1:b-adapt=0:b-pyramid=none:scenecut=0:keyint=1000:min-keyint=1000 -f h264",
            raw);
    }

    private static byte[] Break(ReadOnlySpan<byte> data, Random random)
    {
        byte[] broken = data[..random.Next(1, data.Length + 1)].ToArray();
        int flips = random.Next(1, 30);
        for (int i = 0; i < flips; i++)
            broken[random.Next(broken.Length)] ^= (byte)(1 << random.Next(8));
        return broken;
    }
}
