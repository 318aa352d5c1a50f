using ComfyStream.Media;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows;

/// <summary>
/// What lies on the links of a running workflow, by slot. Pictures in it are owned; masks, boxes and the like belong to their nodes.
/// </summary>
internal sealed class FrameValues(int slotCount, VideoFramePool frames, RgbPicturePool pictures)
{
    private readonly object?[] _values = new object?[slotCount];
    private readonly bool[] _unchanged = new bool[slotCount];
    private TimeSpan _firstArrival;
    private TimeSpan _lastArrival;

    public TimeSpan MediaTime { get; private set; }

    public bool IsBt709 { get; private set; }

    public object? this[int slot]
    {
        get => _values[slot];
        set => _values[slot] = value;
    }

    public bool IsUnchanged(int slot) => _unchanged[slot];

    public void SetUnchanged(int slot, bool isUnchanged) => _unchanged[slot] = isUnchanged;

    /// <summary>Takes the stream's picture. Its times are kept apart, because the picture may be gone before the last node runs.</summary>
    public void Begin(VideoFrame input)
    {
        _values[WorkflowPlan.InputSlot] = input;
        (IsBt709, MediaTime, _firstArrival, _lastArrival) = (input.IsBt709, input.MediaTime, input.FirstArrival, input.LastArrival);
    }

    /// <summary>A new picture with the times of the stream's.</summary>
    public VideoFrame Rent(int width, int height)
    {
        VideoFrame frame = frames.Rent(width, height);
        Stamp(frame);
        return frame;
    }

    public RgbPicture RentRgb(int width, int height, bool hasAlpha) => pictures.Rent(width, height, hasAlpha);

    /// <summary>Gives a picture the times and colours of the stream's.</summary>
    public void Stamp(VideoFrame frame) =>
        (frame.IsBt709, frame.MediaTime, frame.FirstArrival, frame.LastArrival) = (IsBt709, MediaTime, _firstArrival, _lastArrival);

    /// <summary>Takes a picture out; the caller owns it.</summary>
    public T Move<T>(int slot)
        where T : class
    {
        var value = (T)_values[slot]!;
        _values[slot] = null;
        return value;
    }

    /// <summary>Gives a picture back; what belongs to a node stays.</summary>
    public void Release(int slot)
    {
        if (_values[slot] is VideoFrame)
            Move<VideoFrame>(slot).Return();
        else if (_values[slot] is RgbPicture)
            Move<RgbPicture>(slot).Return();
    }
}
