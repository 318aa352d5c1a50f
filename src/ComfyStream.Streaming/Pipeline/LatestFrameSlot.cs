using ComfyStream.Media;

namespace ComfyStream.Streaming.Pipeline;

/// <summary>
/// One place between two stages: a newer picture replaces one that was not taken yet. This is the intended drop point of the
/// pipeline, so that latency stays bounded when a stage is slower than the camera. One producer, one consumer.
/// </summary>
internal sealed class LatestFrameSlot
{
    private VideoFrame? _frame;
    private long _replaced;

    /// <summary>Pictures that a newer one replaced.</summary>
    public long ReplacedCount => Volatile.Read(ref _replaced);

    /// <summary>Whether a picture waits.</summary>
    public bool HasFrame => Volatile.Read(ref _frame) is not null;

    /// <summary>Publishes a picture (takes it).</summary>
    public void Publish(VideoFrame frame)
    {
        VideoFrame? replaced = Interlocked.Exchange(ref _frame, frame);
        if (replaced is null)
            return;
        Interlocked.Increment(ref _replaced);
        replaced.Return();
    }

    /// <summary>Takes the waiting picture, or null.</summary>
    public VideoFrame? Take() => Interlocked.Exchange(ref _frame, null);
}
