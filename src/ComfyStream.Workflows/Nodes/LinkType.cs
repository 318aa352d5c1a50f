namespace ComfyStream.Workflows.Nodes;

/// <summary>What travels on a link. The types of plugins are those of any other name, with objects of any class as values.</summary>
/// <param name="Name">As in ComfyUI, in capitals.</param>
public sealed record LinkType(string Name)
{
    /// <summary>A picture: a <see cref="Media.VideoFrame"/> or a <see cref="Pixels.RgbPicture"/>, see <see cref="PictureFormat"/>.</summary>
    public static LinkType Image { get; } = new("IMAGE");

    /// <summary>A weight for each place of a picture, 0 to 1: a <see cref="Pixels.MaskPlane"/>, often smaller than the picture.</summary>
    public static LinkType Mask { get; } = new("MASK");

    /// <summary>Where things are in a picture: a <see cref="Detection.BoxList"/>.</summary>
    public static LinkType Boxes { get; } = new("BOXES");

    /// <summary>How people stand: a <see cref="Detection.PoseList"/>.</summary>
    public static LinkType Pose { get; } = new("POSE");

    /// <summary>A whole number, known before the first picture.</summary>
    public static LinkType Int { get; } = new("INT");

    /// <summary>A number, known before the first picture.</summary>
    public static LinkType Float { get; } = new("FLOAT");

    /// <summary>A text, known before the first picture.</summary>
    public static LinkType String { get; } = new("STRING");

    /// <summary>Yes or no, known before the first picture.</summary>
    public static LinkType Boolean { get; } = new("BOOLEAN");

    /// <summary>Whether it is one of the types of <see cref="ValueInput"/>s: settled when the workflow is compiled.</summary>
    public bool IsValue => this == Int || this == Float || this == String || this == Boolean;

    /// <inheritdoc/>
    public override string ToString() => Name;
}
