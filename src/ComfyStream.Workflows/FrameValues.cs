using ComfyStream.Media;
using ComfyStream.Workflows.Detection;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows;

/// <summary>What lies on the links of a running workflow, by slot. Pictures in it are owned; masks and boxes belong to their nodes.</summary>
internal sealed class FrameValues(int slotCount, VideoFramePool frames)
{
    private bool _isBt709;
    private TimeSpan _firstArrival;
    private TimeSpan _lastArrival;

    public VideoFrame?[] Images { get; } = new VideoFrame?[slotCount];

    public MaskPlane?[] Masks { get; } = new MaskPlane?[slotCount];

    public BoxList?[] Boxes { get; } = new BoxList?[slotCount];

    public TimeSpan MediaTime { get; private set; }

    /// <summary>Takes the stream's picture. Its times are kept apart, because the picture may be gone before the last node runs.</summary>
    public void Begin(VideoFrame input)
    {
        Images[WorkflowPlan.InputSlot] = input;
        (_isBt709, MediaTime, _firstArrival, _lastArrival) = (input.IsBt709, input.MediaTime, input.FirstArrival, input.LastArrival);
    }

    /// <summary>A new picture with the times of the stream's.</summary>
    public VideoFrame Rent(int width, int height)
    {
        VideoFrame frame = frames.Rent(width, height);
        (frame.IsBt709, frame.MediaTime, frame.FirstArrival, frame.LastArrival) = (_isBt709, MediaTime, _firstArrival, _lastArrival);
        return frame;
    }

    /// <summary>Hands a picture over to the caller.</summary>
    public VideoFrame Take(int slot)
    {
        VideoFrame frame = Images[slot]!;
        Images[slot] = null;
        return frame;
    }

    public void Release(int slot)
    {
        Images[slot]?.Return();
        Images[slot] = null;
    }

    public void ReleaseAll()
    {
        for (int slot = 0; slot < Images.Length; slot++)
            Release(slot);
    }
}
