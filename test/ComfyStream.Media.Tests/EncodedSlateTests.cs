using ComfyStream.Media.H264;
using ComfyStream.Media.Slates;

namespace ComfyStream.Media.Tests;

public sealed class EncodedSlateTests
{
    private const string Title = "Waiting for the publisher";
    private const string Detail = "The stream \"demo\" begins as soon as somebody publishes.";

    public static TheoryData<string, int, int> Slates
    {
        get
        {
            TheoryData<string, int, int> slates = [];
            foreach (string encoder in (string[])[Codecs.X264, Codecs.OpenH264, Codecs.Libvpx])
            {
                foreach ((int width, int height) in new[] { (64, 64), (320, 180), (640, 360), (360, 640), (1280, 720), (1920, 1080) })
                    slates.Add(encoder, width, height);
            }

            return slates;
        }
    }

    public static TheoryData<string> Encoders => Codecs.Encoders;

    public static TheoryData<string> H264Encoders => Codecs.H264Encoders;

    [Theory]
    [MemberData(nameof(Slates))]
    public void The_pictures_played_in_turn_show_what_was_drawn_and_are_small(string encoder, int width, int height)
    {
        using Codecs codecs = new();
        EncodedSlate slate = Create(codecs, encoder, width, height);
        Assert.Equal((Codecs.CodecOf(encoder), width, height), (slate.Codec, slate.Width, slate.Height));
        using IVideoDecoder decoder = codecs.CreateDecoder(slate.Codec);
        VideoFrame drawn = codecs.Pictures.Rent(width, height);
        SlatePicture.Draw(drawn, Title, Detail);
        List<double> quality = [];
        List<double> tint = [];
        List<bool> isAccepted = [];
        for (int i = 0; i < 6; i++)
        {
            isAccepted.Add(codecs.Decode(decoder, slate.Picture(i), i, picture =>
            {
                quality.Add(Scene.Psnr(drawn, picture));
                tint.Add(Math.Abs(Scene.MeanU(drawn) - Scene.MeanU(picture)) + Math.Abs(Scene.MeanV(drawn) - Scene.MeanV(picture)));
            }, slate.Codec));
        }

        drawn.Return();
        Assert.All(isAccepted, Assert.True);
        Assert.Equal(6, quality.Count);
        Assert.All(quality, decibels => Assert.InRange(decibels, 34, 100));
        Assert.All(tint, difference => Assert.InRange(difference, 0, 3));
        foreach (int i in (int[])[0, 1])
            Assert.InRange(slate.Picture(i).Length, 100, 4000 + width * height / 32);
    }

    [Theory]
    [MemberData(nameof(Encoders))]
    public void Ffmpeg_plays_them_in_turn_without_complaint(string encoder)
    {
        using Codecs codecs = new();
        EncodedSlate slate = Create(codecs, encoder, 640, 360);
        List<byte[]> pictures = [.. Enumerable.Range(0, 4).Select(i => slate.Picture(i).ToArray())];
        bool isVp8 = slate.Codec == MediaCodec.Vp8;
        byte[] stream = isVp8 ? Ivf.Join(pictures, 640, 360) : [.. pictures.SelectMany(picture => picture)];
        byte[] decoded = FfmpegTool.Make($"-xerror -f {(isVp8 ? "ivf" : "h264")} -i INPUT -vsync passthrough -f rawvideo -pix_fmt yuv420p", stream);
        Assert.Equal(4 * 640 * 360 * 3 / 2, decoded.Length);
    }

    [Theory]
    [MemberData(nameof(H264Encoders))]
    public void Each_picture_is_an_IDR_with_its_parameter_sets_and_an_identifier_other_than_the_one_before(string encoder)
    {
        using Codecs codecs = new();
        EncodedSlate slate = Create(codecs, encoder, 640, 360);
        foreach (int i in (int[])[0, 1])
        {
            List<NalUnitType> types = Codecs.TypesOf(slate.Picture(i));
            types.Remove(NalUnitType.SupplementalInformation);
            Assert.Equal([NalUnitType.SequenceParameterSet, NalUnitType.PictureParameterSet, NalUnitType.IdrSlice], types);
        }

        Assert.NotEqual(IdrPictureId(slate.Picture(0)), IdrPictureId(slate.Picture(1)));
    }

    [Fact]
    public void Pictures_of_VP8_are_key_frames()
    {
        using Codecs codecs = new();
        EncodedSlate slate = Create(codecs, Codecs.Libvpx, 640, 360);
        Assert.True(Codecs.IsKeyFrame(slate.Picture(0), MediaCodec.Vp8));
        Assert.True(Codecs.IsKeyFrame(slate.Picture(1), MediaCodec.Vp8));
    }

    [Theory]
    [InlineData(641, 361, 640, 360)]
    [InlineData(16, 2, 64, 64)]
    [InlineData(0, -5, 64, 64)]
    [InlineData(20_000, 100, 4096, 100)]
    public void Sizes_that_no_encoder_takes_become_the_nearest_that_one_does(int width, int height, int codedWidth, int codedHeight)
    {
        foreach (MediaCodec codec in (MediaCodec[])[MediaCodec.H264, MediaCodec.Vp8])
        {
            EncodedSlate slate = EncodedSlate.Create(Codecs.Factory, codec, width, height, Title, Detail);
            Assert.Equal((codedWidth, codedHeight), (slate.Width, slate.Height));
            Assert.False(slate.Picture(0).IsEmpty);
        }
    }

    [Fact]
    public void What_cannot_be_coded_is_said()
    {
        Assert.Throws<MediaException>(() => EncodedSlate.Create(Codecs.Factory, MediaCodec.Opus, 640, 360, Title, Detail));
        Assert.Contains("4096x4096", Assert.Throws<MediaException>(() => EncodedSlate.Create(Codecs.Factory, MediaCodec.H264, 4096, 4096, Title, Detail)).Message);
    }

    private static EncodedSlate Create(Codecs codecs, string encoder, int width, int height) =>
        EncodedSlate.Create(new OneEncoder(codecs, encoder), Codecs.CodecOf(encoder), width, height, Title, Detail);

    /// <summary>idr_pic_id of the slice header (7.3.3), for streams of frames, whose parameter sets are of the Baseline profile.</summary>
    private static uint IdrPictureId(ReadOnlySpan<byte> accessUnit)
    {
        Assert.True(AnnexB.TryFind(accessUnit, NalUnitType.SequenceParameterSet, out ReadOnlySpan<byte> parameters));
        RbspReader sps = new(parameters[1..]);
        Assert.Equal(66u, sps.ReadBits(8));
        sps.ReadBits(16);
        sps.ReadUnsigned(); // seq_parameter_set_id
        int frameNumberBits = 4 + (int)sps.ReadUnsigned();

        Assert.True(AnnexB.TryFind(accessUnit, NalUnitType.IdrSlice, out ReadOnlySpan<byte> slice));
        RbspReader header = new(slice[1..]);
        Assert.Equal(0u, header.ReadUnsigned()); // first_mb_in_slice
        Assert.Contains(header.ReadUnsigned(), (uint[])[2, 7]); // slice_type I
        header.ReadUnsigned(); // pic_parameter_set_id
        Assert.Equal(0u, header.ReadBits(frameNumberBits));
        uint id = header.ReadUnsigned();
        Assert.False(header.IsExhausted);
        return id;
    }

    private sealed class OneEncoder(Codecs codecs, string encoder) : ICodecFactory
    {
        public IVideoDecoder CreateVideoDecoder(MediaCodec codec, VideoFramePool frames) => throw new NotSupportedException();

        public IVideoEncoder CreateVideoEncoder(
            MediaCodec codec, int width, int height, double framesPerSecond, int bitRate, EncodedFramePool frames)
        {
            Assert.Equal(Codecs.CodecOf(encoder), codec);
            return codecs.CreateEncoder(encoder, width, height, framesPerSecond, bitRate);
        }
    }
}
