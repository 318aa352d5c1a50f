namespace ComfyStream.Media.Tests;

public sealed class Vp8DecoderTests
{
    private const int Width = 320;
    private const int Height = 180;
    private const byte ShowFrameBit = 0x10;
    private const int PictureBytes = Width * Height * 3 / 2;

    [Fact]
    public void A_stream_of_ffmpegs_decodes_to_the_same_pixels_as_by_ffmpeg()
    {
        byte[] file = Make("-deadline realtime -auto-alt-ref 0");
        byte[] expected = FfmpegTool.Make("-f ivf -i INPUT -f rawvideo", file);
        using Codecs codecs = new();
        using IVideoDecoder decoder = codecs.CreateDecoder(MediaCodec.Vp8);
        int pictures = 0;
        foreach (byte[] frame in Ivf.Split(file))
        {
            int number = pictures;
            Assert.True(Decode(codecs, decoder, frame, number, picture =>
            {
                Assert.Equal(Scene.MediaTimeOf(number), picture.MediaTime);
                Assert.False(picture.IsBt709);
                Assert.Equal(expected[(pictures * PictureBytes)..((pictures + 1) * PictureBytes)], Pixels(picture));
                pictures++;
            }));
            Assert.Equal(number + 1, pictures);
        }

        Assert.Equal(20, pictures);
        Assert.Equal(expected.Length, pictures * PictureBytes);
    }

    [Fact]
    public void A_hidden_picture_is_taken_and_not_shown_and_those_that_build_on_it_are_whole()
    {
        const int Hidden = 5;
        List<byte[]> frames = Ivf.Split(Make("-deadline realtime -auto-alt-ref 0"));
        frames[Hidden][0] &= unchecked((byte)~ShowFrameBit);
        byte[] expected = FfmpegTool.Make("-f ivf -i INPUT -vsync passthrough -f rawvideo", Ivf.Join(frames, Width, Height));
        using Codecs codecs = new();
        using IVideoDecoder decoder = codecs.CreateDecoder(MediaCodec.Vp8);
        MemoryStream shown = new();
        for (int i = 0; i < frames.Count; i++)
        {
            long before = shown.Length;
            Assert.True(Decode(codecs, decoder, frames[i], i, picture => shown.Write(Pixels(picture))));
            Assert.Equal(i == Hidden ? 0 : PictureBytes, shown.Length - before);
        }

        Assert.Equal(expected, shown.ToArray());
    }

    [Fact]
    public void Our_stream_is_decoded_by_ffmpeg_without_complaint_to_what_was_drawn()
    {
        using Codecs codecs = new();
        using IVideoEncoder encoder = codecs.CreateEncoder(Codecs.Libvpx, Width, Height);
        List<byte[]> frames = [];
        for (int i = 0; i < 40; i++)
        {
            EncodedFrame frame = codecs.Encode(encoder, i, forceKeyFrame: i == 20);
            frames.Add(frame.Data.ToArray());
            frame.Release();
        }

        byte[] decoded = FfmpegTool.Make("-xerror -f ivf -i INPUT -f rawvideo", Ivf.Join(frames, Width, Height));
        Assert.Equal(frames.Count * PictureBytes, decoded.Length);
        for (int i = 0; i < frames.Count; i++)
        {
            VideoFrame source = Scene.Draw(codecs.Pictures, Width, Height, i);
            double psnr = Psnr(Pixels(source), decoded.AsSpan(i * PictureBytes, PictureBytes));
            Assert.True(psnr > 36, $"picture {i}: {psnr:F1} dB");
            source.Return();
        }
    }

    [Fact]
    public void A_new_resolution_in_the_stream_is_taken_over_at_its_key_frame()
    {
        using Codecs codecs = new();
        using IVideoDecoder decoder = codecs.CreateDecoder(MediaCodec.Vp8);
        List<(int, int)> sizes = [];
        foreach ((int width, int height) in new[] { (320, 180), (640, 360), (180, 320) })
        {
            using IVideoEncoder encoder = codecs.CreateEncoder(Codecs.Libvpx, width, height);
            for (int i = 0; i < 3; i++)
            {
                EncodedFrame frame = codecs.Encode(encoder, i);
                Assert.True(Decode(codecs, decoder, frame.Data, i, picture => sizes.Add((picture.Width, picture.Height))));
                frame.Release();
            }
        }

        Assert.Equal([(320, 180), (320, 180), (320, 180), (640, 360), (640, 360), (640, 360), (180, 320), (180, 320), (180, 320)], sizes);
    }

    [Fact]
    public void Nothing_is_shown_before_a_key_frame_nor_between_damage_and_the_next_one()
    {
        using Codecs codecs = new();
        using IVideoEncoder encoder = codecs.CreateEncoder(Codecs.Libvpx, Width, Height);
        using IVideoDecoder decoder = codecs.CreateDecoder(MediaCodec.Vp8);
        List<string> outcomes = [];
        for (int i = 0; i < 8; i++)
        {
            // Picture 0, a key frame, is lost; 4 loses its tail.
            EncodedFrame frame = codecs.Encode(encoder, i, forceKeyFrame: i is 2 or 6);
            int pictures = 0;
            bool isAccepted = i == 0 || Decode(codecs, decoder, i == 4 ? frame.Data[..20] : frame.Data, i, _ => pictures++);
            outcomes.Add($"{i}: {(isAccepted ? "" : "refused ")}{pictures}");
            frame.Release();
        }

        Assert.Equal(["0: 0", "1: refused 0", "2: 1", "3: 1", "4: refused 0", "5: refused 0", "6: 1", "7: 1"], outcomes);
    }

    [Fact]
    public void A_picture_cut_off_within_its_first_partition_is_refused_at_every_length()
    {
        using Codecs codecs = new();
        using IVideoEncoder encoder = codecs.CreateEncoder(Codecs.Libvpx, Width, Height);
        using IVideoDecoder decoder = codecs.CreateDecoder(MediaCodec.Vp8);
        EncodedFrame key = codecs.Encode(encoder, 0);
        EncodedFrame interframe = codecs.Encode(encoder, 1);
        foreach ((EncodedFrame frame, int headerBytes) in new[] { (key, 10), (interframe, 3) })
        {
            int firstPartitionBytes = (frame.Data[0] | frame.Data[1] << 8 | frame.Data[2] << 16) >> 5;
            for (int byteCount = 1; byteCount < headerBytes + firstPartitionBytes; byteCount++)
            {
                Assert.True(Decode(codecs, decoder, key.Data, 0, _ => { }));
                Assert.False(Decode(codecs, decoder, frame.Data[..byteCount], 1, _ => Assert.Fail($"a picture of {byteCount} bytes")));
            }
        }

        key.Release();
        interframe.Release();
    }

    [Fact]
    public void Broken_data_is_survived_and_the_next_key_frame_decodes_whole()
    {
        using Codecs codecs = new();
        using IVideoEncoder encoder = codecs.CreateEncoder(Codecs.Libvpx, Width, Height);
        using IVideoDecoder decoder = codecs.CreateDecoder(MediaCodec.Vp8);
        Random random = new(7);
        for (int round = 0; round < 150; round++)
        {
            EncodedFrame sound = codecs.Encode(encoder, round, forceKeyFrame: round % 3 == 0);
            byte[] broken = sound.Data[..random.Next(1, sound.ByteCount + 1)].ToArray();
            sound.Release();
            for (int flips = random.Next(1, 30); flips > 0; flips--)
                broken[random.Next(broken.Length)] ^= (byte)(1 << random.Next(8));
            Decode(codecs, decoder, broken, round, _ => { });

            VideoFrame source = Scene.Draw(codecs.Pictures, Width, Height, round);
            Assert.True(encoder.TryEncode(source, true, out EncodedFrame? key));
            double psnr = 0;
            Assert.True(Decode(codecs, decoder, key!.Data, round, picture => psnr = Scene.Psnr(source, picture)));
            Assert.True(psnr > 30, $"round {round}: {psnr:F1} dB");
            key.Release();
            source.Return();
        }
    }

    [Fact]
    public void Bytes_that_are_no_stream_are_refused()
    {
        using Codecs codecs = new();
        using IVideoDecoder decoder = codecs.CreateDecoder(MediaCodec.Vp8);
        Random random = new(3);
        for (int byteCount = 0; byteCount < 2000; byteCount++)
        {
            byte[] noise = new byte[byteCount];
            random.NextBytes(noise);
            Assert.False(Decode(codecs, decoder, noise, byteCount, _ => Assert.Fail("noise gave a picture")));
        }
    }

    [Fact]
    public void Frames_of_another_codec_are_refused()
    {
        using Codecs codecs = new();
        using IVideoDecoder decoder = codecs.CreateDecoder(MediaCodec.Vp8);
        using IVideoEncoder encoder = codecs.CreateEncoder(Codecs.Libvpx, Width, Height);
        EncodedFrame frame = codecs.Encode(encoder, 0);
        Assert.False(codecs.Decode(decoder, frame.Data, 0, _ => Assert.Fail("a picture"), MediaCodec.H264));
        frame.Release();
    }

    [Fact]
    public void A_picture_larger_than_allowed_is_refused_without_harm()
    {
        byte[] file = FfmpegTool.Make("-f lavfi -i color=c=red:s=4096x2320:r=30:d=1 -frames:v 1 -c:v libvpx -deadline realtime -cpu-used 8 -f ivf");
        using Codecs codecs = new();
        using IVideoDecoder decoder = codecs.CreateDecoder(MediaCodec.Vp8);
        int pictures = 0;
        Assert.False(Decode(codecs, decoder, Ivf.Split(file)[0], 0, _ => pictures++));
        Assert.Equal(0, pictures);
        using IVideoEncoder encoder = codecs.CreateEncoder(Codecs.Libvpx, Width, Height);
        EncodedFrame frame = codecs.Encode(encoder, 1);
        Assert.True(Decode(codecs, decoder, frame.Data, 1, _ => pictures++));
        Assert.Equal(1, pictures);
        frame.Release();
    }

    private static bool Decode(Codecs codecs, IVideoDecoder decoder, ReadOnlySpan<byte> frame, int number, Action<VideoFrame> onPicture) =>
        codecs.Decode(decoder, frame, number, onPicture, MediaCodec.Vp8);

    /// <summary>Moving test pictures, coded by ffmpeg.</summary>
    private static byte[] Make(string options) =>
        FfmpegTool.Make($"-f lavfi -i testsrc2=s={Width}x{Height}:r=30:d=1 -frames:v 20 -pix_fmt yuv420p -c:v libvpx {options} -f ivf");

    private static unsafe byte[] Pixels(VideoFrame frame)
    {
        MemoryStream pixels = new();
        for (int y = 0; y < frame.Height; y++)
            pixels.Write(new ReadOnlySpan<byte>(frame.Y + y * frame.StrideY, frame.Width));
        for (int y = 0; y < frame.Height / 2; y++)
            pixels.Write(new ReadOnlySpan<byte>(frame.U + y * frame.StrideUv, frame.Width / 2));
        for (int y = 0; y < frame.Height / 2; y++)
            pixels.Write(new ReadOnlySpan<byte>(frame.V + y * frame.StrideUv, frame.Width / 2));
        return pixels.ToArray();
    }

    private static double Psnr(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        return 10 * Math.Log10(255.0 * 255 * a.Length / Math.Max(sum, 1));
    }
}
