namespace ComfyStream.Workflows.Nodes;

/// <summary>What travels on a link; named as in ComfyUI, in capitals.</summary>
internal enum LinkType
{
    /// <summary>A picture: an I420 <see cref="Media.VideoFrame"/>.</summary>
    Image,

    /// <summary>A weight for each place of a picture, 0 to 1: a <see cref="Pixels.MaskPlane"/>, usually smaller than the picture.</summary>
    Mask,

    /// <summary>Where things are in a picture: a <see cref="Detection.BoxList"/>.</summary>
    Boxes,
}
