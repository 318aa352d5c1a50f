using ComfyStream.Media.H264;

namespace ComfyStream.Media.Tests;

public sealed class SequenceParameterSetTests
{
    /// <summary>High profile 1080p from libx264 with three B pictures in a pyramid: cropping, VUI, emulation prevention.</summary>
    private static readonly byte[] s_high1080 = MakeSps("-s 1920x1080 -r 30 -bf 3 -profile:v high -pix_fmt yuv420p");

    [Theory]
    [InlineData("-s 1920x1080 -r 30 -bf 3 -profile:v high -pix_fmt yuv420p", 1920, 1080, 100, 40, 2)]
    [InlineData("-s 1280x720 -r 30 -bf 2 -x264-params b-pyramid=none -profile:v main -pix_fmt yuv420p", 1280, 720, 77, 31, 1)]
    [InlineData("-s 640x482 -r 30 -bf 0 -profile:v baseline -pix_fmt yuv420p", 640, 482, 66, 30, 0)]
    [InlineData("-s 322x242 -r 30 -bf 1 -pix_fmt yuv422p", 322, 242, 122, 13, 1)]
    [InlineData("-s 321x241 -r 30 -bf 0 -pix_fmt yuv444p10le", 321, 241, 244, 13, 0)]
    [InlineData("-s 720x576 -r 25 -bf 2 -flags +ildct+ilme -pix_fmt yuv420p", 720, 576, 100, 30, 2)]
    [InlineData("-s 640x480 -r 30 -bf 2 -x264-params nal-hrd=vbr:vbv-maxrate=1000:vbv-bufsize=1000:cqm=jvt -pix_fmt yuv420p", 640, 480, 100, 30, 2)]
    public void The_parameters_of_an_encoder_are_read(string options, int width, int height, int profile, int level, int reorder)
    {
        Assert.True(SequenceParameterSet.TryParse(MakeSps(options), out SequenceParameterSet parameters));
        Assert.Equal((width, height), (parameters.Width, parameters.Height));
        Assert.Equal((profile, level), (parameters.ProfileIdc, parameters.LevelIdc));
        Assert.Equal(reorder, parameters.NumReorderFrames);
        Assert.Equal(profile == 66, parameters.IsConstrainedBaseline);
        Assert.Equal(options.Contains("444") ? 3 : options.Contains("422") ? 2 : 1, parameters.ChromaFormatIdc);
        Assert.Equal(options.Contains("10le") ? 10 : 8, parameters.BitDepth);
        Assert.Equal(!options.Contains("ilme"), parameters.IsFrameOnly);
    }

    [Fact]
    public void The_profile_level_id_is_that_of_SDP()
    {
        Assert.True(SequenceParameterSet.TryParse([0x67, 0x42, 0xe0, 0x1f, 0xda, 0x25, 0xb0, 0x16, 0xe8], out SequenceParameterSet parameters));
        Assert.Equal(0x42e01f, parameters.ProfileLevelId);
        Assert.True(parameters.IsConstrainedBaseline);
    }

    [Fact]
    public void A_unit_cut_off_anywhere_is_refused_or_lacks_only_what_was_cut()
    {
        Assert.True(SequenceParameterSet.TryParse(s_high1080, out SequenceParameterSet whole));
        for (int length = 0; length < s_high1080.Length; length++)
        {
            if (!SequenceParameterSet.TryParse(s_high1080.AsSpan(0, length), out SequenceParameterSet cut))
                continue;
            Assert.Equal((whole.Width, whole.Height), (cut.Width, cut.Height));
            Assert.True(cut.NumReorderFrames is null || cut.NumReorderFrames == whole.NumReorderFrames);
        }
    }

    [Fact]
    public void Other_units_are_refused()
    {
        byte[] other = [.. s_high1080];
        other[0] = 0x68;
        Assert.False(SequenceParameterSet.TryParse(other, out _));
        Assert.False(SequenceParameterSet.TryParse([], out _));
    }

    [Fact]
    public void Whatever_is_accepted_of_mutated_units_makes_sense()
    {
        Random random = new(9);
        for (int round = 0; round < 50_000; round++)
        {
            byte[] unit = s_high1080[..random.Next(1, s_high1080.Length + 1)];
            for (int i = random.Next(1, 6); i > 0; i--)
                unit[random.Next(unit.Length)] = (byte)random.Next(256);
            if (!SequenceParameterSet.TryParse(unit, out SequenceParameterSet parameters))
                continue;
            Assert.InRange(parameters.Id, 0, 31);
            Assert.InRange(parameters.Width, 1, 16384);
            Assert.InRange(parameters.Height, 1, 16384);
            Assert.InRange(parameters.BitDepth, 8, 14);
            Assert.InRange(parameters.ChromaFormatIdc, 0, 3);
            Assert.InRange(parameters.PictureOrderCountType, 0, 2);
            Assert.InRange(parameters.NumReorderFrames ?? 0, 0, 16);
        }
    }

    private static byte[] MakeSps(string options)
    {
        string size = options.Split(' ')[1];
        byte[] stream = FfmpegTool.Make(
            $"-f lavfi -i color=c=gray:s={size} -frames:v 12 -c:v libx264 -preset veryfast {options} -f h264");
        Assert.True(AnnexB.TryFind(stream, NalUnitType.SequenceParameterSet, out ReadOnlySpan<byte> sps));
        return sps.ToArray();
    }
}
