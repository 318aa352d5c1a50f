using ComfyStream.Media.H264;

namespace ComfyStream.Media.Tests;

/// <summary>What every encoder promises; the same for all of them.</summary>
public sealed class VideoEncoderTests
{
    private const int Width = 640;
    private const int Height = 360;

    public static TheoryData<string> Encoders => Codecs.Encoders;

    public static TheoryData<string> H264Encoders => Codecs.H264Encoders;

    [Theory]
    [MemberData(nameof(Encoders))]
    public void Each_picture_gives_one_access_unit_that_decodes_at_once_to_that_picture_with_its_times(string name)
    {
        using Codecs codecs = new();
        using IVideoEncoder encoder = codecs.CreateEncoder(name, Width, Height);
        using IVideoDecoder decoder = codecs.CreateDecoder(Codecs.CodecOf(name));
        for (int i = 0; i < 45; i++)
        {
            VideoFrame source = Scene.Draw(codecs.Pictures, Width, Height, i);
            Assert.True(encoder.TryEncode(source, false, out EncodedFrame? encoded));
            Assert.Equal(Codecs.CodecOf(name), encoded!.Codec);
            Assert.Equal(source.MediaTime, encoded.MediaTime);
            Assert.True(decoder.TryWrite(encoded));
            Assert.True(decoder.TryRead(out VideoFrame? decoded));
            Assert.False(decoder.TryRead(out _));
            Assert.True(Scene.Psnr(source, decoded!) > 32, $"picture {i}: {Scene.Psnr(source, decoded!):F1} dB");
            Assert.Equal(Scene.MeanU(source), Scene.MeanU(decoded!), 2.0);
            Assert.Equal(Scene.MeanV(source), Scene.MeanV(decoded!), 2.0);
            Assert.Equal((source.MediaTime, source.FirstArrival, source.LastArrival), (decoded!.MediaTime, decoded.FirstArrival, decoded.LastArrival));
            Assert.Equal(source.IsBt709, decoded.IsBt709);
            encoded.Release();
            decoded.Return();
            source.Return();
        }
    }

    [Theory]
    [MemberData(nameof(Encoders))]
    public void The_first_picture_and_a_forced_one_are_key_frames_and_no_other(string name)
    {
        using Codecs codecs = new();
        using IVideoEncoder encoder = codecs.CreateEncoder(name, Width, Height);
        List<int> keys = [];
        for (int i = 0; i < 40; i++)
        {
            EncodedFrame frame = codecs.Encode(encoder, i, forceKeyFrame: i is 17 or 19);
            Assert.Equal(frame.IsKeyFrame, Codecs.IsKeyFrame(frame.Data, Codecs.CodecOf(name)));
            if (frame.IsKeyFrame)
                keys.Add(i);
            frame.Release();
        }

        Assert.Equal([0, 17, 19], keys);
    }

    [Theory]
    [MemberData(nameof(H264Encoders))]
    public void Every_key_frame_carries_its_parameter_sets_and_every_picture_is_one_slice(string name)
    {
        using Codecs codecs = new();
        using IVideoEncoder encoder = codecs.CreateEncoder(name, Width, Height);
        for (int i = 0; i < 20; i++)
        {
            EncodedFrame frame = codecs.Encode(encoder, i, forceKeyFrame: i == 10);
            List<NalUnitType> types = Codecs.TypesOf(frame.Data);
            types.Remove(NalUnitType.SupplementalInformation);
            Assert.Equal(
                i % 10 == 0
                    ? [NalUnitType.SequenceParameterSet, NalUnitType.PictureParameterSet, NalUnitType.IdrSlice]
                    : [NalUnitType.NonIdrSlice],
                types);
            frame.Release();
        }
    }

    [Theory]
    [MemberData(nameof(H264Encoders))]
    public void The_parameter_sets_say_Constrained_Baseline_and_that_nothing_is_reordered(string name)
    {
        using Codecs codecs = new();
        foreach ((int width, int height, int level) in new[] { (640, 360, 30), (1280, 720, 31), (320, 242, 20) })
        {
            using IVideoEncoder encoder = codecs.CreateEncoder(name, width, height, 30, width * 1000);
            EncodedFrame frame = codecs.Encode(encoder, 0);
            SequenceParameterSet parameters = Codecs.ParametersOf(frame);
            Assert.Equal((width, height), (parameters.Width, parameters.Height));
            Assert.Equal(0x42c000, parameters.ProfileLevelId & 0xffff00);
            Assert.True(parameters.LevelIdc <= level, $"level {parameters.LevelIdc} for {width}x{height}");
            Assert.True(parameters.IsConstrainedBaseline);
            Assert.Equal(0, parameters.NumReorderFrames);
            frame.Release();
        }
    }

    [Theory]
    [MemberData(nameof(Encoders))]
    public void A_key_frame_comes_every_two_seconds_of_media_even_when_pictures_are_fewer_than_announced(string name)
    {
        using Codecs codecs = new();
        using IVideoEncoder encoder = codecs.CreateEncoder(name, 320, 180, 30, 500_000);
        List<TimeSpan> keys = [];
        for (int i = 0; i < 200; i += 3)
        {
            EncodedFrame frame = codecs.Encode(encoder, i);
            if (frame.IsKeyFrame)
                keys.Add(frame.MediaTime - Scene.MediaTimeOf(0));
            frame.Release();
        }

        Assert.Equal([0, 2, 4, 6], keys.Select(time => (int)Math.Round(time.TotalSeconds)));
    }

    [Theory]
    [MemberData(nameof(Encoders))]
    public void A_change_of_scene_is_no_reason_for_a_key_frame(string name)
    {
        using Codecs codecs = new();
        using IVideoEncoder encoder = codecs.CreateEncoder(name, Width, Height, 30, 4_000_000);
        for (int i = 0; i < 30; i++)
        {
            VideoFrame picture = i < 15
                ? Scene.Draw(codecs.Pictures, Width, Height, i)
                : Scene.DrawFlat(codecs.Pictures, Width, Height, i, 220);
            if (encoder.TryEncode(picture, false, out EncodedFrame? encoded))
            {
                Assert.Equal(i == 0, encoded!.IsKeyFrame);
                encoded.Release();
            }

            picture.Return();
        }
    }

    [Theory]
    [MemberData(nameof(Encoders))]
    public void The_bit_rate_is_kept_and_follows_a_change_within_two_seconds(string name)
    {
        using Codecs codecs = new();
        using IVideoEncoder encoder = codecs.CreateEncoder(name, Width, Height, 30, 1_500_000);
        double before = Encode(0, 90);
        encoder.BitRate = 600_000;
        Assert.Equal(600_000, encoder.BitRate);
        Encode(90, 150);
        double after = Encode(150, 240);
        encoder.BitRate = 1_500_000;
        Encode(240, 300);
        double again = Encode(300, 390);
        Assert.InRange(before / 1_500_000, 0.6, 1.3);
        Assert.InRange(after / 600_000, 0.6, 1.3);
        Assert.InRange(again / 1_500_000, 0.6, 1.3);

        double Encode(int first, int end)
        {
            long bytes = 0;
            for (int i = first; i < end; i++)
            {
                VideoFrame picture = Scene.Draw(codecs.Pictures, Width, Height, i);
                if (encoder.TryEncode(picture, false, out EncodedFrame? encoded))
                {
                    bytes += encoded!.ByteCount;
                    encoded.Release();
                }

                picture.Return();
            }

            return bytes * 8 / ((end - first) * Scene.Period.TotalSeconds);
        }
    }

    [Theory]
    [MemberData(nameof(H264Encoders))]
    public void The_colour_matrix_of_the_pictures_arrives_and_a_change_of_it_starts_anew_with_a_key_frame(string name)
    {
        using Codecs codecs = new();
        using IVideoEncoder encoder = codecs.CreateEncoder(name, Width, Height);
        using IVideoDecoder decoder = codecs.CreateDecoder(Codecs.CodecOf(name));
        for (int i = 0; i < 12; i++)
        {
            bool isBt709 = i >= 6;
            VideoFrame source = Scene.Draw(codecs.Pictures, Width, Height, i);
            source.IsBt709 = isBt709;
            Assert.True(encoder.TryEncode(source, false, out EncodedFrame? encoded));
            Assert.Equal(i is 0 or 6, encoded!.IsKeyFrame);
            Assert.True(decoder.TryWrite(encoded));
            while (decoder.TryRead(out VideoFrame? decoded))
            {
                Assert.Equal(decoded!.MediaTime >= Scene.MediaTimeOf(6), decoded.IsBt709);
                decoded.Return();
            }

            encoded.Release();
            source.Return();
        }
    }

    [Fact]
    public unsafe void A_picture_of_BT709_arrives_by_VP8_in_the_same_colours_as_BT601()
    {
        using Codecs codecs = new();
        using IVideoEncoder encoder = codecs.CreateEncoder(Codecs.Libvpx, Width, Height);
        using IVideoDecoder decoder = codecs.CreateDecoder(MediaCodec.Vp8);
        VideoFrame red = Scene.DrawFlat(codecs.Pictures, Width, Height, 0, 63);
        new Span<byte>(red.U, red.StrideUv * Height / 2).Fill(102);
        new Span<byte>(red.V, red.StrideUv * Height / 2).Fill(240);
        red.IsBt709 = true;
        Assert.True(encoder.TryEncode(red, false, out EncodedFrame? encoded));
        codecs.Decode(decoder, encoded!.Data, 0, picture =>
        {
            Assert.False(picture.IsBt709);
            Assert.Equal(81, Scene.MeanLuma(picture), 3.0);
            Assert.Equal(90, Scene.MeanU(picture), 3.0);
            Assert.Equal(240, Scene.MeanV(picture), 3.0);
        }, MediaCodec.Vp8);
        Assert.Equal(63, red.Y[0]);
        encoded.Release();
        red.Return();
    }

    [Theory]
    [MemberData(nameof(Encoders))]
    public void Encoding_and_decoding_allocate_no_managed_memory_once_warm(string name)
    {
        using Codecs codecs = new();
        using IVideoEncoder encoder = codecs.CreateEncoder(name, 320, 180, 30, 500_000);
        using IVideoDecoder decoder = codecs.CreateDecoder(Codecs.CodecOf(name));
        VideoFrame source = Scene.Draw(codecs.Pictures, 320, 180, 0);
        source.IsBt709 = true;
        Run(70);

        // Which sizes have come by now is up to the encoder.
        for (int byteCount = 256; byteCount <= 1 << 16; byteCount *= 2)
            codecs.EncodedFrames.Rent(byteCount).Release();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(130);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        source.Return();

        void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                source.MediaTime += Scene.Period;

                // libvpx must be opened anew for that.
                if (name != Codecs.Libvpx)
                    encoder.BitRate = 500_000 + i % 7 * 1000;
                if (!encoder.TryEncode(source, i % 50 == 0, out EncodedFrame? encoded))
                    continue;
                decoder.TryWrite(encoded!);
                encoded!.Release();
                while (decoder.TryRead(out VideoFrame? decoded))
                    decoded!.Return();
            }
        }
    }

    [Theory]
    [MemberData(nameof(H264Encoders))]
    public void Ffprobe_reads_the_stream_as_it_was_meant(string name)
    {
        using Codecs codecs = new();
        using IVideoEncoder encoder = codecs.CreateEncoder(name, 1280, 720);
        MemoryStream stream = new();
        for (int i = 0; i < 10; i++)
        {
            EncodedFrame frame = codecs.Encode(encoder, i);
            stream.Write(frame.Data);
            frame.Release();
        }

        Dictionary<string, string> facts = FfmpegTool.Probe(
            stream.ToArray(), "width,height,profile,pix_fmt,color_space,color_range,has_b_frames,nb_read_frames,refs");
        Assert.Equal("1280", facts["width"]);
        Assert.Equal("720", facts["height"]);
        Assert.Equal("Constrained Baseline", facts["profile"]);
        Assert.Equal("yuv420p", facts["pix_fmt"]);
        Assert.Equal("bt709", facts["color_space"]);
        Assert.Equal("tv", facts["color_range"]);
        Assert.Equal("0", facts["has_b_frames"]);
        Assert.Equal("10", facts["nb_read_frames"]);
    }

    [Theory]
    [MemberData(nameof(Encoders))]
    public void A_picture_of_another_size_is_refused_with_both_sizes_named(string name)
    {
        using Codecs codecs = new();
        using IVideoEncoder encoder = codecs.CreateEncoder(name, Width, Height);
        VideoFrame picture = Scene.Draw(codecs.Pictures, 320, 180, 0);
        MediaException e = Assert.Throws<MediaException>(() => encoder.TryEncode(picture, false, out _));
        Assert.Contains("640x360", e.Message);
        Assert.Contains("320x180", e.Message);
        picture.Return();
    }

    [Theory]
    [InlineData(8, 8, 30)]
    [InlineData(641, 360, 30)]
    [InlineData(8192, 4096, 30)]
    [InlineData(640, 360, 0)]
    [InlineData(640, 360, double.NaN)]
    public void An_encoder_for_an_impossible_size_or_rate_is_refused(int width, int height, double framesPerSecond)
    {
        using Codecs codecs = new();
        Assert.Throws<MediaException>(
            () => Codecs.Factory.CreateVideoEncoder(MediaCodec.H264, width, height, framesPerSecond, 1_000_000, codecs.EncodedFrames));
    }
}
