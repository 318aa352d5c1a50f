using ComfyStream.Media;
using ComfyStream.Streaming.Diagnostics;

namespace ComfyStream.Streaming.Pipeline;

/// <summary>
/// Runs one stream's workflow on the inference pool, one picture at a time. The decode thread publishes to it; a worker of the
/// pool runs it; the encode thread takes the result.
/// </summary>
internal sealed class ProcessStage(
    string channel, IWorkflow workflow, IFrameProcessor first, InferencePool pool, Action<VideoFrame> output, Action<Exception> onFailure)
{
    private const int Idle = 0;
    private const int Scheduled = 1;
    private const int Ended = 2;

    private readonly LatestFrameSlot _input = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
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

    /// <summary>Results that came after their deadline; they were handed on all the same.</summary>
    public long LateCount => 0;

    /// <summary>Calls of the workflow that were given up because they did not end.</summary>
    public long HangCount => 0;

    /// <summary>Whether the workflow takes no picture any more, because it hung too often.</summary>
    public bool IsDisabled => false;

    /// <summary>The stream's name and the workflow, for messages.</summary>
    public string Name => $"{channel} ({workflow.Name})";

    /// <summary>Looks for what takes too long; called some 20 times a second by one thread.</summary>
    public void Supervise(TimeSpan now) => _ = now;

    /// <summary>Hands a picture over (takes it).</summary>
    public void Publish(VideoFrame frame)
    {
        _input.Publish(frame);
        TrySchedule();
    }

    /// <summary>Processes the newest picture; on a worker of the pool.</summary>
    public void RunOne()
    {
        if (_input.Take() is { } frame)
        {
            if (_completed)
                frame.Return();
            else
                Process(frame);
        }

        // A picture, or the end, that came since found the stage scheduled: it must be seen to here.
        GoIdle();
        if (_input.HasFrame)
            TrySchedule();
    }

    /// <summary>
    /// Ends after the picture in flight: completes when the workflow has been freed, which for one that hangs is never. Nobody may
    /// publish any more.
    /// </summary>
    public Task CompleteAsync()
    {
        _completed = true;
        Interlocked.MemoryBarrier();
        TryEnd();
        return _ended.Task;
    }

    private void TrySchedule()
    {
        if (_completed || Interlocked.CompareExchange(ref _state, Scheduled, Idle) != Idle)
            return;
        if (!pool.Schedule(this))
            GoIdle();
    }

    private void GoIdle()
    {
        Interlocked.Exchange(ref _state, Idle);
        if (_completed)
            TryEnd();
    }

    private void TryEnd()
    {
        if (Interlocked.CompareExchange(ref _state, Ended, Idle) != Idle)
            return;

        _input.Take()?.Return();
        try
        {
            first.Dispose();
            _ended.SetResult();
        }
#pragma warning disable CA1031 // It may run on a worker of the pool, which outlives every workflow.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _ended.SetException(failure);
        }
    }

    private void Process(VideoFrame frame)
    {
        StageTimes.Measurement begun = StageTimes.Begin();
        try
        {
            VideoFrame result = first.Process(frame);
            Times.End(begun);
            Interlocked.Increment(ref _processed);
            output(result);
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
