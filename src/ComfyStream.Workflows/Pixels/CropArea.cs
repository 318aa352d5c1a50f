namespace ComfyStream.Workflows.Pixels;

/// <summary>A part of a picture, in pixels.</summary>
internal readonly record struct CropArea(int Left, int Top, int Width, int Height)
{
    /// <summary>The largest part around the middle that is as elongated as a picture of another size, as ComfyUI crops it.</summary>
    public static CropArea Centred(int width, int height, int likeWidth, int likeHeight)
    {
        double own = (double)width / height;
        double wanted = (double)likeWidth / likeHeight;
        int left = own > wanted ? (int)Math.Round((width - width * (wanted / own)) / 2) : 0;
        int top = own < wanted ? (int)Math.Round((height - height * (own / wanted)) / 2) : 0;
        return new CropArea(left, top, Math.Max(1, width - 2 * left), Math.Max(1, height - 2 * top));
    }
}
