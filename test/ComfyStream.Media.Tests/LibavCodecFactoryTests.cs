using ComfyStream.Media.Libav;

namespace ComfyStream.Media.Tests;

public sealed class LibavCodecFactoryTests
{
    [Fact]
    public void The_installed_libraries_load_and_say_what_they_are()
    {
        Assert.True(LibavCodecFactory.TryLoad(out LibavCodecFactory? factory, out string problem));
        Assert.Equal("", problem);
        Assert.Matches(@"^libavcodec \d+\.\d+\.\d+, lib(x264|openh264).*, libvpx$", factory.Description);
        Assert.True(factory.CanEncode);
        Assert.True(factory.CanEncodeVp8);
    }

    [Fact]
    public void Only_known_major_versions_have_a_layout()
    {
        Assert.False(LibavLayout.TryGet(LibavLayout.OldestMajor - 1, out _));
        Assert.False(LibavLayout.TryGet(LibavLayout.NewestMajor + 1, out _));
        for (int major = LibavLayout.OldestMajor; major <= LibavLayout.NewestMajor; major++)
            Assert.True(LibavLayout.TryGet(major, out _));
    }

    [Fact]
    public void Sound_is_not_offered_as_video()
    {
        using Codecs codecs = new();
        Assert.Throws<MediaException>(() => Codecs.Factory.CreateVideoDecoder(MediaCodec.Opus, codecs.Pictures));
        Assert.Throws<MediaException>(() => Codecs.Factory.CreateVideoEncoder(MediaCodec.Opus, 640, 360, 30, 1_000_000, codecs.EncodedFrames));
    }

    [Fact]
    public void Failures_carry_the_text_of_the_library()
    {
        using Codecs codecs = new();
        using CodecContext decoder = CodecContext.ForDecoder("h264"u8);
        MediaException e = Assert.Throws<MediaException>(() => decoder.Set("no_such_option"u8, 1));
        Assert.Contains("no_such_option", e.Message);
        Assert.Contains("Option not found", e.Message);
        Assert.Contains("no_such_codec", Assert.Throws<MediaException>(() => CodecContext.ForDecoder("no_such_codec"u8)).Message);
    }
}
