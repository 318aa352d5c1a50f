using ComfyStream.Streaming.Streams;

namespace ComfyStream.Streaming.Tests.Streams;

public sealed class StreamNameTests
{
    [Theory]
    [InlineData("default", "default", null)]
    [InlineData("cam-1_A", "cam-1_A", null)]
    [InlineData("cam/raw", "cam", "raw")]
    [InlineData("cam/depth", "cam", "depth")]
    public void A_name_is_a_channel_and_perhaps_a_pipeline(string text, string channel, string? pipeline)
    {
        Assert.True(StreamName.TryParse(text, out StreamName name));
        Assert.Equal((channel, pipeline), (name.Channel, name.Pipeline));
        Assert.Equal(pipeline == "raw", name.IsRaw);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/raw")]
    [InlineData("cam/")]
    [InlineData("cam/raw/x")]
    [InlineData("..")]
    [InlineData("cam/../x")]
    [InlineData("a b")]
    [InlineData("caf\u00e9")]
    [InlineData("a\r\nX: y")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public void Anything_else_is_refused(string text) => Assert.False(StreamName.TryParse(text, out _));
}
