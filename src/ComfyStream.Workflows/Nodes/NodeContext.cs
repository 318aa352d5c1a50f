using ComfyStream.Media;
using ComfyStream.Workflows.Detection;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>What a running node sees: its inputs by their place in <see cref="NodeDescriptor.Links"/>, and where its result goes.</summary>
internal sealed class NodeContext(PlanStep step, FrameValues values)
{
    /// <summary>Capture time of the picture that is processed.</summary>
    public TimeSpan MediaTime => values.MediaTime;

    public VideoFrame Image(int input) => values.Images[step.Inputs[input]]!;

    /// <summary>Null when the input is not connected.</summary>
    public MaskPlane? Mask(int input) => step.Inputs[input] is var slot and >= 0 ? values.Masks[slot] : null;

    public BoxList Boxes(int input) => values.Boxes[step.Inputs[input]]!;

    /// <summary>
    /// The picture to write the result to. It is the input named by <see cref="NodeDescriptor.Overwritable"/> itself where
    /// nobody needs that any more, else a new one whose pixels are undefined.
    /// </summary>
    public VideoFrame Target(int width, int height)
    {
        VideoFrame target;
        if (step.OverwrittenSlot >= 0 && values.Images[step.OverwrittenSlot] is { } input && input.Width == width && input.Height == height)
        {
            target = input;
            values.Images[step.OverwrittenSlot] = null;
        }
        else
        {
            target = values.Rent(width, height);
        }

        values.Images[step.OutputSlot] = target;
        return target;
    }

    /// <summary>Gives a mask as the result; the node keeps it and may change it at the next picture.</summary>
    public void SetMask(MaskPlane mask) => values.Masks[step.OutputSlot] = mask;

    /// <summary>The same for boxes.</summary>
    public void SetBoxes(BoxList boxes) => values.Boxes[step.OutputSlot] = boxes;
}
