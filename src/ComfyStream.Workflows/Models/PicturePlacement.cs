namespace ComfyStream.Workflows.Models;

/// <summary>
/// Where a picture lies in a model's input: at a place and a size that may leave a border, or reach over the edges.
/// </summary>
/// <param name="Width">Of the input.</param>
/// <param name="Height">Of the input.</param>
/// <param name="X">Left edge of the picture in it; negative where it is cut off.</param>
/// <param name="Y">Upper edge of the picture in it.</param>
/// <param name="PictureWidth">The whole picture's in it.</param>
/// <param name="PictureHeight">The whole picture's in it.</param>
internal readonly record struct PicturePlacement(int Width, int Height, int X, int Y, int PictureWidth, int PictureHeight)
{
    /// <summary>For a picture of that size.</summary>
    public static PicturePlacement Of(ModelInput input, int width, int height)
    {
        (int inputWidth, int inputHeight) = input.Size ?? FreeSize(input, width, height);
        double across = (double)inputWidth / width;
        double down = (double)inputHeight / height;
        double scale = input.Resize switch
        {
            ResizeMode.Letterbox => Math.Min(across, down),
            ResizeMode.Cover => Math.Max(across, down),
            _ => 0,
        };
        if (scale == 0)
            return new(inputWidth, inputHeight, 0, 0, inputWidth, inputHeight);
        int pictureWidth = Math.Max(1, (int)Math.Round(width * scale));
        int pictureHeight = Math.Max(1, (int)Math.Round(height * scale));
        return new(inputWidth, inputHeight, (inputWidth - pictureWidth) / 2, (inputHeight - pictureHeight) / 2, pictureWidth, pictureHeight);
    }

    /// <summary>From a place in the input, 0 to 1 across and down, to one in the picture.</summary>
    public (float X, float Y) ToPicture(float x, float y) => ((x * Width - X) / PictureWidth, (y * Height - Y) / PictureHeight);

    private static (int Width, int Height) FreeSize(ModelInput input, int width, int height)
    {
        double scale = Math.Min(1, (double)(input.LongestSide ?? int.MaxValue) / Math.Max(width, height));
        return (Round(width * scale), Round(height * scale));

        int Round(double side) => Math.Max(1, (int)Math.Round(side / input.MultipleOf)) * input.MultipleOf;
    }
}
