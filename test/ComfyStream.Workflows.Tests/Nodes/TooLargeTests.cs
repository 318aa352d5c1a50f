using ComfyStream.Media;

namespace ComfyStream.Workflows.Tests.Nodes;

/// <summary>Sizes that ComfyUI's ranges allow and no machine's memory should be given for.</summary>
public sealed class TooLargeTests
{
    [Theory]
    [InlineData("EmptyImage")]
    [InlineData("SolidMask")]
    [InlineData("ImageScale")]
    public void A_size_that_is_a_mistake_is_told_when_the_node_is_made(string classType)
    {
        using var pool = new VideoFramePool();
        MediaException told = Assert.Throws<MediaException>(() => new NodeRunner(classType, pool, """{ "width": 16384, "height": 16384 }"""));
        Assert.Equal("16384x16384 is too large; give at most 16384 a side and 64 megapixels in all", told.Message);
    }

    [Fact]
    public void A_size_that_comes_of_a_picture_is_told_when_it_comes()
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("ImageScaleBy", pool, """{ "scale_by": 8 }""");
        Assert.Throws<MediaException>(() => node.Run(pool.Rent(2560, 1440)));
        Assert.Equal(0, pool.RentedCount);
    }

    [Fact]
    public void Thresholds_of_Canny_the_wrong_way_round_are_told()
    {
        using var pool = new VideoFramePool();
        MediaException told = Assert.Throws<MediaException>(() => new NodeRunner("Canny", pool, """{ "low_threshold": 0.5, "high_threshold": 0.25 }"""));
        Assert.Equal("low_threshold (0.5) must not be above high_threshold (0.25)", told.Message);
    }
}
