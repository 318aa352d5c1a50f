using ComfyStream.Media;
using ComfyStream.Workflows.Detection;

namespace ComfyStream.Workflows.Tests.Detection;

public sealed unsafe class BlazeFaceDecoderTests
{
    [Fact]
    public void The_network_has_512_anchors_two_a_cell_and_384_six_a_cell() =>
        Assert.Equal((512, 384), (BlazeFaceDecoder.Fine.AnchorCount, BlazeFaceDecoder.Coarse.AnchorCount));

    [Theory]
    [InlineData(8, 2)]
    [InlineData(16, 6)]
    public void Boxes_and_points_are_those_of_the_plain_definition(int pixelsPerCell, int anchorsPerCell)
    {
        var random = new Random(pixelsPerCell);
        AnchorGrid grid = anchorsPerCell == 2 ? BlazeFaceDecoder.Fine : BlazeFaceDecoder.Coarse;
        float[] scores = [.. Enumerable.Range(0, grid.AnchorCount).Select(_ => 12 * random.NextSingle() - 6)];
        float[] values = [.. Enumerable.Range(0, grid.AnchorCount * 16).Select(i => i % 16 is 2 or 3 ? 1 + 60 * random.NextSingle() : 80 * random.NextSingle() - 40)];
        Box[] decoded = Decode(grid, scores, values, threshold: 0.6);

        int count = 0;
        int anchor = 0;
        for (int row = 0; row < 128 / pixelsPerCell; row++)
        {
            for (int column = 0; column < 128 / pixelsPerCell; column++)
            {
                for (int k = 0; k < anchorsPerCell; k++, anchor++)
                {
                    double score = 1 / (1 + Math.Exp(-scores[anchor]));
                    if (score < 0.6)
                        continue;
                    (double x, double y) = ((column + 0.5) * pixelsPerCell, (row + 0.5) * pixelsPerCell);
                    float[] at = values[(16 * anchor)..(16 * anchor + 16)];
                    Box box = decoded[count++];
                    Assert.Equal(score, box.Score, 1e-5);
                    Assert.Equal((x + at[0] - at[2] / 2) / 128, box.Left, 1e-5);
                    Assert.Equal((y + at[1] - at[3] / 2) / 128, box.Top, 1e-5);
                    Assert.Equal((x + at[0] + at[2] / 2) / 128, box.Right, 1e-5);
                    Assert.Equal((y + at[1] + at[3] / 2) / 128, box.Bottom, 1e-5);
                    for (int i = 0; i < 6; i++)
                    {
                        Assert.Equal((x + at[4 + 2 * i]) / 128, box.Points[i].X, 1e-5);
                        Assert.Equal((y + at[5 + 2 * i]) / 128, box.Points[i].Y, 1e-5);
                    }
                }
            }
        }

        Assert.Equal(count, decoded.Length);
        Assert.InRange(count, 100, grid.AnchorCount - 100);
    }

    [Theory]
    [InlineData(float.NaN, 0, 1)]
    [InlineData(float.PositiveInfinity, 0, 1)]
    [InlineData(9, float.NaN, 1)]
    [InlineData(9, 0, float.NaN)]
    [InlineData(9, 0, float.PositiveInfinity)]
    [InlineData(9, float.NegativeInfinity, 1)]
    public void Results_that_are_no_numbers_are_a_failure_and_not_a_picture_without_faces(float score, float offset, float size)
    {
        float[] scores = new float[384];
        float[] values = new float[384 * 16];
        Array.Fill(scores, -50);
        scores[200] = score;
        (values[200 * 16 + 1], values[200 * 16 + 2], values[200 * 16 + 3]) = (offset, 1, size);
        var e = Assert.Throws<MediaException>(() => Decode(BlazeFaceDecoder.Coarse, scores, values, 0.6));
        Assert.StartsWith("The face model gave results that are not numbers", e.Message);
    }

    [Fact]
    public void Scores_below_the_threshold_and_boxes_without_area_are_left_out()
    {
        float[] scores = new float[384];
        float[] values = new float[384 * 16];
        Array.Fill(scores, BlazeFaceDecoder.Logit(0.599));
        (scores[7], values[7 * 16 + 2], values[7 * 16 + 3]) = (BlazeFaceDecoder.Logit(0.601), 20, 30);
        (scores[8], values[8 * 16 + 2], values[8 * 16 + 3]) = (BlazeFaceDecoder.Logit(0.9), 0, 30);
        Assert.Equal(0.601, Assert.Single(Decode(BlazeFaceDecoder.Coarse, scores, values, 0.6)).Score, 1e-4);
    }

    private static Box[] Decode(AnchorGrid grid, float[] scores, float[] values, double threshold)
    {
        var boxes = new BoxList(grid.AnchorCount);
        fixed (float* score = scores, value = values)
            BlazeFaceDecoder.Decode(grid, score, value, BlazeFaceDecoder.Logit(threshold), boxes);
        return boxes.Items.ToArray();
    }
}
