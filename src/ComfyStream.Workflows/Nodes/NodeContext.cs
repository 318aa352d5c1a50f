using ComfyStream.Media;
using ComfyStream.Workflows.Detection;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>
/// What a running node sees: its inputs by their place in <see cref="NodeDescriptor.Links"/>, and where its results go, by their
/// place in <see cref="NodeDescriptor.Outputs"/>. Pictures are the workflow's, masks and the like those of the node that gives them.
/// </summary>
public sealed class NodeContext
{
    /// <summary>Of a picture in I420.</summary>
    private const int SmallestSide = 16;

    private readonly PlanStep _step;
    private readonly FrameValues _values;

    internal NodeContext(PlanStep step, FrameValues values) => (_step, _values) = (step, values);

    /// <summary>Capture time of the picture that is processed; of no meaning where all inputs are constant.</summary>
    public TimeSpan MediaTime => _values.MediaTime;

    /// <summary>Whether the stream's colours are BT.709 instead of BT.601; new pictures from <see cref="Target"/> say the same.</summary>
    public bool IsBt709 => _values.IsBt709;

    /// <summary>What the node's pictures are in: one of <see cref="NodeDescriptor.Formats"/>, always the same for a node.</summary>
    public PictureFormat Format => _step.Format;

    /// <summary>Whether an optional input is linked.</summary>
    public bool IsConnected(int input) => _step.Inputs[input] >= 0;

    /// <summary>
    /// Whether an input is as it was for the picture before: constant, or said to be so by the node that gives it. A node that gives
    /// no picture is not even run when all its inputs are.
    /// </summary>
    public bool IsUnchanged(int input) => _step.Inputs[input] is var slot && (slot < 0 || _values.IsUnchanged(slot));

    /// <summary>A picture, where <see cref="Format"/> is <see cref="PictureFormat.I420"/>. To be read only.</summary>
    public VideoFrame Image(int input) => Value<VideoFrame>(input);

    /// <summary>A picture, where <see cref="Format"/> is <see cref="PictureFormat.Rgb"/>. To be read only.</summary>
    public RgbPicture Rgb(int input) => Value<RgbPicture>(input);

    /// <summary>A mask of any size, to be stretched over the picture; null when the input is not connected.</summary>
    public MaskPlane? Mask(int input) => IsConnected(input) ? Value<MaskPlane>(input) : null;

    /// <summary>Boxes in fractions of the picture.</summary>
    public BoxList Boxes(int input) => Value<BoxList>(input);

    /// <summary>Poses in fractions of the picture.</summary>
    public PoseList Poses(int input) => Value<PoseList>(input);

    /// <summary>A value of a type of your own.</summary>
    public T Value<T>(int input)
        where T : class => (T)_values[_step.Inputs[input]]!;

    /// <summary>
    /// The picture to write an output to, in <see cref="PictureFormat.I420"/>. For the first output it is the input named by
    /// <see cref="NodeDescriptor.Overwritable"/> itself where nobody needs that any more, else a new one whose pixels are undefined.
    /// </summary>
    public VideoFrame Target(int width, int height, int output = 0)
    {
        if (_step.InRgbIfOdd.Count > 0 && (width % 2 != 0 || height % 2 != 0 || width < SmallestSide || height < SmallestSide))
            throw new OddSizeException(_step.InRgbIfOdd);
        VideoFrame target = TryTakeOver(output) is VideoFrame own && own.Width == width && own.Height == height
            ? _values.Move<VideoFrame>(_step.OverwrittenSlot)
            : _values.Rent(width, height);
        _values[_step.Outputs[output]] = target;
        return target;
    }

    /// <summary>The same in <see cref="PictureFormat.Rgb"/>.</summary>
    public RgbPicture TargetRgb(int width, int height, bool hasAlpha = false, int output = 0)
    {
        RgbPicture target = TryTakeOver(output) is RgbPicture own && own.Width == width && own.Height == height && own.HasAlpha == hasAlpha
            ? _values.Move<RgbPicture>(_step.OverwrittenSlot)
            : _values.RentRgb(width, height, hasAlpha);
        _values[_step.Outputs[output]] = target;
        return target;
    }

    /// <summary>Gives a mask; the node keeps it and may change it at the next picture.</summary>
    public void SetMask(MaskPlane mask, int output = 0) => SetValue(mask, output);

    /// <summary>The same for boxes.</summary>
    public void SetBoxes(BoxList boxes, int output = 0) => SetValue(boxes, output);

    /// <summary>The same for poses.</summary>
    public void SetPoses(PoseList poses, int output = 0) => SetValue(poses, output);

    /// <summary>The same for a value of a type of your own.</summary>
    public void SetValue(object value, int output = 0) => _values[_step.Outputs[output]] = value;

    /// <summary>Says that an output is as good as that for the picture before, so that those who read it may keep their results.</summary>
    public void SetUnchanged(int output = 0) => _values.SetUnchanged(_step.Outputs[output], true);

    /// <summary>As <see cref="Target"/>, without the last column or row of an odd size where nobody can read the whole.</summary>
    internal VideoFrame TargetCropped(int width, int height) =>
        _step.InRgbIfOdd.Count > 0 ? Target(width, height) : Target(width & ~1, height & ~1);

    private object? TryTakeOver(int output) => output == 0 && _step.OverwrittenSlot >= 0 ? _values[_step.OverwrittenSlot] : null;
}
