using ComfyStream.Server.Access;
using Xunit;

namespace ComfyStream.Server.Tests.Access;

public sealed class ChannelPatternsTests
{
    [Theory]
    [InlineData("*", "anything", true)]
    [InlineData("cam*", "cam", true)]
    [InlineData("cam*", "cam12", true)]
    [InlineData("cam*", "webcam", false)]
    [InlineData("*cam", "webcam", true)]
    [InlineData("c*m*1", "cam-x-1", true)]
    [InlineData("cam", "cam", true)]
    [InlineData("cam", "Cam", false)]
    [InlineData("cam", "cam1", false)]
    public void A_star_stands_for_any_characters(string pattern, string channel, bool isIn) =>
        Assert.Equal(isIn, new ChannelPatterns([pattern]).Contains(channel));

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a/raw")]
    [InlineData("a?")]
    [InlineData("a\\*")]
    [InlineData("<a>")]
    public void What_no_channel_can_be_called_is_no_pattern(string pattern) => Assert.False(ChannelPatterns.IsValid(pattern));

    [Fact]
    public void Only_a_pattern_for_every_channel_includes_the_server_as_a_whole()
    {
        Assert.True(new ChannelPatterns(["cam1", "*"]).IncludeAll);
        Assert.False(new ChannelPatterns(["a*"]).IncludeAll);
        Assert.False(new ChannelPatterns([]).IncludeAll);
    }
}
