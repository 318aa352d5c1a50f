namespace ComfyStream.Workflows.Nodes;

/// <summary>How a picture lies in memory. What the camera sends and viewers get is <see cref="I420"/>.</summary>
public enum PictureFormat
{
    /// <summary>A <see cref="Media.VideoFrame"/>: luma, and chroma of half the resolution; even sizes from 16 on.</summary>
    I420,

    /// <summary>A <see cref="Pixels.RgbPicture"/>: red, green, blue, perhaps alpha; any size.</summary>
    Rgb,
}
