using ComfyStream.Media;
using ComfyStream.Workflows.Models;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>What nodes may use beyond their settings. Shared by all streams; thread-safe.</summary>
public sealed class NodeResources
{
    private readonly PictureFolder _input;

    internal NodeResources(ModelStore models, VideoFramePool frames, RgbPicturePool pictures, string? inputFolder = null)
    {
        (Models, Frames, Pictures) = (models, frames, pictures);
        _input = new PictureFolder(inputFolder, pictures);
    }

    /// <summary>For pictures that a node keeps; results are better asked of <see cref="NodeContext.Target"/>.</summary>
    public VideoFramePool Frames { get; }

    /// <summary>The same for pictures in RGB.</summary>
    public RgbPicturePool Pictures { get; }

    internal ModelStore Models { get; }

    internal BranchPool Branches { get; set; } = BranchPool.Shared;

    internal NodeResources With(BranchPool branches)
    {
        var other = (NodeResources)MemberwiseClone();
        other.Branches = branches;
        return other;
    }

    /// <summary>Reads a PNG or JPEG file of the workspace's <c>input</c> folder. The caller owns the picture.</summary>
    /// <exception cref="MediaException">There is no such file, or it cannot be read; the message says what to do.</exception>
    public RgbPicture LoadPicture(string name) => _input.Load(name);
}
