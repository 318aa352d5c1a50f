using ComfyStream.Media;
using ComfyStream.Streaming.Diagnostics;

namespace ComfyStream.Streaming.Pipeline;

/// <summary>
/// Runs one stream's workflow on the inference pool, one picture at a time. The decode thread publishes to it; a worker of the
/// pool runs it; the encode thread takes the result.
/// </summary>
internal sealed class ProcessStage(IFrameProcessor processor, InferencePool pool, LatestFrameSlot output, Action signalOutput, Action<Exception> onFailure)
{
    private const int Idle = 0;
    private const int Scheduled = 1;

    private readonly LatestFrameSlot _input = new();
    private int _state = Idle;
    private volatile bool _completed;
    private long _processed;
    private long _failed;

    /// <summary>Times of the workflow.</summary>
    public StageTimes Times { get; } = new("process");

    /// <summary>Pictures that a newer one replaced while the workflow was busy.</summary>
    public long ReplacedCount => _input.ReplacedCount;

    /// <summary>Pictures that left the workflow.</summary>
    public long ProcessedCount => Volatile.Read(ref _processed);

    /// <summary>Pictures that the workflow failed on.</summary>
    public long FailedCount => Volatile.Read(ref _failed);

    /// <summary>Hands a picture over (takes it).</summary>
    public void Publish(VideoFrame frame)
    {
        _input.Publish(frame);
        TrySchedule();
    }

    /// <summary>Processes the newest picture; on a worker of the pool.</summary>
    public void RunOne()
    {
        VideoFrame? frame = _input.Take();
        if (frame is not null)
        {
            if (_completed)
                frame.Return();
            else
                Process(frame);
        }

        Volatile.Write(ref _state, Idle);

        // A picture that came between taking and going idle found the stage scheduled: it must be scheduled here.
        if (_input.HasFrame)
            TrySchedule();
    }

    /// <summary>Stops after the picture in flight, returns what waits and frees the workflow. Nobody may publish any more.</summary>
    public void Complete()
    {
        _completed = true;
        SpinWait.SpinUntil(() => Volatile.Read(ref _state) == Idle);
        _input.Take()?.Return();
        processor.Dispose();
    }

    private void TrySchedule()
    {
        if (_completed || Interlocked.CompareExchange(ref _state, Scheduled, Idle) != Idle)
            return;
        if (!pool.Schedule(this))
            Volatile.Write(ref _state, Idle);
    }

    private void Process(VideoFrame frame)
    {
        StageTimes.Measurement begun = StageTimes.Begin();
        try
        {
            VideoFrame result = processor.Process(frame);
            Times.End(begun);
            Interlocked.Increment(ref _processed);
            output.Publish(result);
            signalOutput();
        }
#pragma warning disable CA1031 // The boundary of a stage: whatever a node throws is that stream's failure, not the relay's.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            Interlocked.Increment(ref _failed);
            onFailure(failure);
        }
    }
}
