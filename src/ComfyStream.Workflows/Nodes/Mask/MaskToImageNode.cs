using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>A mask as a grey picture of its size: white where it is 1.</summary>
internal sealed class MaskToImageNode : Node
{
    private const int Mask = 0;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "MaskToImage",
        DisplayName = "Convert Mask to Image",
        Category = "mask",
        Description = "A mask as a grey picture of its size: white where it is 1.",
        IsPure = true,
        Inputs = [new LinkInput("mask", LinkType.Mask)],
        Outputs = [LinkType.Image],
        Formats = [PictureFormat.I420, PictureFormat.Rgb],
        Create = static (_, _) => new MaskToImageNode(),
    };

    public override void Run(NodeContext context)
    {
        MaskPlane mask = context.Mask(Mask)!;
        PictureView target = PictureView.Write(context, mask.Width, mask.Height);
        for (int i = 0; i < 3; i++)
        {
            if (target.IsChroma(i))
                target[i].Fill(128);
            else if (target.IsI420)
                MaskConverter.ToPlane(mask, target[i], first: 16, last: 235);
            else if (i == 0)
                MaskConverter.ToPlane(mask, target[i], first: 0, last: 255);
            else
                target[i].CopyFrom(target[0]);
        }
    }
}
