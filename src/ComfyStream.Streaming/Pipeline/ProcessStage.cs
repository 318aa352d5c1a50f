using ComfyStream.Media;
using ComfyStream.Streaming.Diagnostics;
using ComfyStream.Transport;

namespace ComfyStream.Streaming.Pipeline;

/// <summary>
/// Runs one stream's workflow on the inference pool, one picture at a time. The decode thread publishes to it; a worker of the
/// pool runs it and hands the result on; a supervisor looks after calls that do not end. What is done about failures stands in
/// <see cref="FailurePolicy"/>.
/// </summary>
/// <remarks>
/// Whoever ended the call in flight (<see cref="WatchedCall"/>), worker or supervisor, owns the processor and sets the state. A worker
/// that comes back from a call that was given up cleans up behind itself and touches nothing of the stage.
/// </remarks>
internal sealed class ProcessStage
{
    private const int Idle = 0;
    private const int Scheduled = 1;
    private const int Running = 2;
    private const int Ended = 3;

    private static readonly TimeSpan EndSupervisionInterval = TimeSpan.FromMilliseconds(50);

    private readonly string _channel;
    private readonly InferencePool _pool;
    private readonly Action<VideoFrame> _output;
    private readonly Action<Exception> _onFailure;
    private readonly ProcessLimits _limits;
    private readonly FailurePolicy _policy;
    private readonly Func<TimeSpan> _clock;
    private readonly LatestFrameSlot _input = new();
    private readonly WatchedCall _call = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _supervision = new();
    private volatile IWorkflow _workflow;
    private int _state = Idle;
    private IFrameProcessor? _processor;
    private volatile bool _isWarm;
    private long _handedOverTicks;
    private long _completedTicks;
    private volatile bool _completed;
    private long _processed;
    private long _failed;
    private long _late;
    private long _hung;
    private long _skipped;

    // The call that another worker stands in for; guarded by the supervision's lock.
    private long _stoodInCall;

    /// <param name="channel">Its stream, for messages.</param>
    /// <param name="workflow">Makes a new processor after a hang, on a worker of the pool.</param>
    /// <param name="first">The first processor; taken.</param>
    /// <param name="pool">Where it runs.</param>
    /// <param name="output">Takes each result; on a worker of the pool, one at a time, and never after the end.</param>
    /// <param name="onFailure">Told of every failure, on a worker or the supervisor's thread.</param>
    /// <param name="limits">Other than <see cref="ProcessLimits.Default"/>.</param>
    /// <param name="clock">Other than <see cref="EventLoop.Now"/>; <see cref="Supervise"/> is given the same time.</param>
    public ProcessStage(
        string channel,
        IWorkflow workflow,
        IFrameProcessor first,
        InferencePool pool,
        Action<VideoFrame> output,
        Action<Exception> onFailure,
        ProcessLimits? limits = null,
        Func<TimeSpan>? clock = null)
    {
        (_channel, _workflow, _processor, _pool, _output, _onFailure) = (channel, workflow, first, pool, output, onFailure);
        _limits = limits ?? ProcessLimits.Default;
        _policy = new FailurePolicy(_limits);
        _clock = clock ?? (static () => EventLoop.Now);
    }

    /// <summary>Times of the workflow.</summary>
    public StageTimes Times { get; } = new("process");

    /// <summary>Pictures that a newer one replaced while the workflow was busy.</summary>
    public long ReplacedCount => _input.ReplacedCount;

    /// <summary>Pictures that left the workflow.</summary>
    public long ProcessedCount => Volatile.Read(ref _processed);

    /// <summary>Pictures that the workflow failed on, and processors that could not be made.</summary>
    public long FailedCount => Volatile.Read(ref _failed);

    /// <summary>Results that came after their deadline; they were handed on all the same.</summary>
    public long LateCount => Volatile.Read(ref _late);

    /// <summary>Calls of the workflow that took so long that they were asked to end.</summary>
    public long HangCount => Volatile.Read(ref _hung);

    /// <summary>Those of them that did not end and were given up.</summary>
    public int AbandonedCount => _policy.AbandonedCount;

    /// <summary>Pictures that were let go untried, while the workflow rests after failures or is switched off.</summary>
    public long SkippedCount => Volatile.Read(ref _skipped);

    /// <summary>Whether the workflow is switched off, because it hung too often: no picture is processed any more.</summary>
    public bool IsDisabled => _policy.IsDisabled;

    /// <summary>What each node of the workflow has cost; empty where that is not known.</summary>
    public IReadOnlyList<NodeTiming> NodeTimings => Volatile.Read(ref _processor)?.Timings ?? [];

    /// <summary>
    /// Makes the running workflow another one between two pictures; blocks while that one is prepared. False when none runs, or it was
    /// given up meanwhile: the stage then has to be replaced.
    /// </summary>
    /// <exception cref="MediaException">It cannot be: see <see cref="IFrameProcessor.Replace"/>.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the running workflow stays.</exception>
    public bool TryReplace(IWorkflow next, CancellationToken cancellation)
    {
        if (_completed || IsDisabled || Volatile.Read(ref _processor) is not { } processor)
            return false;
        processor.Replace(next, cancellation);
        _workflow = next;
        return Volatile.Read(ref _processor) == processor;
    }

    /// <summary>Hands a picture over (takes it).</summary>
    public void Publish(VideoFrame frame)
    {
        TimeSpan now = _clock();
        if (_policy.IsResting(now))
        {
            Skip(frame);
            return;
        }

        Volatile.Write(ref _handedOverTicks, now.Ticks);
        _input.Publish(frame);
        TrySchedule();
    }

    /// <summary>
    /// Processes the newest picture, or makes a processor where there is none; on a worker of the pool. False when another worker has
    /// taken this one's place meanwhile, because the call took long or was given up.
    /// </summary>
    public bool RunOne()
    {
        if (Interlocked.CompareExchange(ref _state, Running, Scheduled) != Scheduled)
            return true;
        if (!TryTakeTurn(out bool isReplaced))
            return false;

        // A picture, or the end, that came since found the stage running: it must be seen to here.
        Rest(Running);
        if (_input.HasFrame)
            TrySchedule();
        return !isReplaced;
    }

    /// <summary>
    /// Asks a call that takes too long to end, and gives it up when it does not. Called some 20 times a second by one thread;
    /// <paramref name="now"/> is the time of the stage's clock.
    /// </summary>
    public void Supervise(TimeSpan now)
    {
        // The one who waits for the end supervises too.
        lock (_supervision)
        {
            if (!_call.TryGet(out long call))
                return;
            if (now - new TimeSpan(call) >= _limits.StandInAfter && _stoodInCall != call && _pool.TryStandIn())
                _stoodInCall = call;
            switch (Judge(call, now))
            {
                case CallVerdict.Cancel:
                    Cancel(call);
                    break;
                case CallVerdict.Abandon:
                    Abandon(call, now);
                    break;
            }
        }
    }

    /// <summary>
    /// Ends after the picture in flight: completes when the workflow has been freed or, should it hang, after a second, when it is left
    /// to the pool. Nobody may publish any more; nothing is handed on once it has completed.
    /// </summary>
    public Task CompleteAsync()
    {
        Volatile.Write(ref _completedTicks, _clock().Ticks);
        _completed = true;
        Interlocked.MemoryBarrier();
        TryEnd();
        return _ended.Task.IsCompleted ? _ended.Task : SuperviseEndAsync();
    }

    /// <summary>Nobody else may do it any more.</summary>
    private async Task SuperviseEndAsync()
    {
        while (await Task.WhenAny(_ended.Task, Task.Delay(EndSupervisionInterval)).ConfigureAwait(false) != _ended.Task)
            Supervise(_clock());
        await _ended.Task.ConfigureAwait(false);
    }

    private void TrySchedule()
    {
        if (_completed || Interlocked.CompareExchange(ref _state, Scheduled, Idle) != Idle)
            return;
        if (!_pool.Schedule(this))
            Rest(Scheduled);
    }

    private void Rest(int from)
    {
        if (Interlocked.CompareExchange(ref _state, Idle, from) == from && _completed)
            TryEnd();
    }

    /// <summary>Ends unless a call is in flight; whoever ends that one comes here again.</summary>
    private void TryEnd()
    {
        if (Interlocked.CompareExchange(ref _state, Ended, Idle) != Idle
            && Interlocked.CompareExchange(ref _state, Ended, Scheduled) != Scheduled)
            return;

        _input.Take()?.Return();
        try
        {
            _processor?.Dispose();
            _ended.SetResult();
        }
#pragma warning disable CA1031 // It may run on a worker of the pool, which outlives every workflow.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _ended.SetException(failure);
        }
    }

    // False when the call was given up: nothing of the stage is this worker's any more.
    private bool TryTakeTurn(out bool isReplaced)
    {
        isReplaced = false;
        if (_completed || _policy.IsResting(_clock()))
        {
            if (_input.Take() is { } untried)
                Skip(untried);
            return true;
        }

        if (_processor is not { } processor)
            return TryCreate(out isReplaced);
        return _input.Take() is not { } frame || TryProcess(processor, frame, out isReplaced);
    }

    private void Skip(VideoFrame frame)
    {
        frame.Return();
        Interlocked.Increment(ref _skipped);
    }

    private bool TryProcess(IFrameProcessor processor, VideoFrame frame, out bool isReplaced)
    {
        // Right but for a picture that was replaced in this very moment, whose successor's time it may be.
        var handedOver = new TimeSpan(Volatile.Read(ref _handedOverTicks));
        VideoFrame? result = null;
        Exception? failure = null;
        long call = _call.Begin(_clock());
        StageTimes.Measurement begun = StageTimes.Begin();
        try
        {
            result = processor.Process(frame);
        }
#pragma warning disable CA1031 // The boundary of a stage: whatever a node throws is that stream's failure, not the relay's.
        catch (Exception thrown)
#pragma warning restore CA1031
        {
            failure = thrown;
        }

        TimeSpan now = _clock();
        if (!TryEnd(call, now, out isReplaced))
        {
            result?.Return();
            Free(processor);
            return false;
        }

        _isWarm = true;
        if (result is null)
        {
            _policy.OnFailed(new TimeSpan(call), now);
            Report(failure!);
            return true;
        }

        Times.End(begun);
        _policy.OnProcessed();
        if (_policy.IsLate(handedOver, now))
            Interlocked.Increment(ref _late);
        Interlocked.Increment(ref _processed);
        _output(result);
        return true;
    }

    private bool TryCreate(out bool isReplaced)
    {
        IFrameProcessor? made = null;
        Exception? failure = null;
        long call = _call.Begin(_clock());
        try
        {
            made = _workflow.CreateProcessor();
        }
#pragma warning disable CA1031 // As above.
        catch (Exception thrown)
#pragma warning restore CA1031
        {
            failure = thrown;
        }

        if (!TryEnd(call, _clock(), out isReplaced))
        {
            Free(made);
            return false;
        }

        _processor = made;
        if (made is not null)
        {
            _policy.OnCreated();
            return true;
        }

        _policy.OnCreationFailed(_clock());
        Report(failure!);
        return true;
    }

    // A quick call cannot have been stood in for, and takes no lock.
    private bool TryEnd(long call, TimeSpan now, out bool isReplaced)
    {
        isReplaced = false;
        if (!_call.TryEnd(call))
            return false;
        if (now - new TimeSpan(call) < _limits.StandInAfter / 2)
            return true;
        lock (_supervision)
            isReplaced = _stoodInCall == call;
        return true;
    }

    private void Report(Exception failure)
    {
        _onFailure(failure);
        Interlocked.Increment(ref _failed);
    }

    /// <summary>Frees what was given up. The stage may have ended since: nobody is there to be told.</summary>
    private static void Free(IFrameProcessor? processor)
    {
        try
        {
            processor?.Dispose();
        }
#pragma warning disable CA1031 // As above.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    private CallVerdict Judge(long call, TimeSpan now)
    {
        CallVerdict verdict = _policy.Judge(now - new TimeSpan(call), isFirst: !_isWarm);
        if (!_completed)
            return verdict;
        CallVerdict atEnd = _policy.JudgeAtEnd(now - new TimeSpan(Volatile.Read(ref _completedTicks)));
        return atEnd > verdict ? atEnd : verdict;
    }

    private void Cancel(long call)
    {
        if (!_call.TryMarkCancelled(call))
            return;
        Interlocked.Increment(ref _hung);
        try
        {
            // Should the call have ended by now, the next picture may be hit; that one fails, and the one after it does not.
            Volatile.Read(ref _processor)?.Cancel();
        }
#pragma warning disable CA1031 // As above.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _onFailure(failure);
        }
    }

    private void Abandon(long call, TimeSpan now)
    {
        if (!_call.TryEnd(call))
            return;
        if (_call.TryMarkCancelled(call))
            Interlocked.Increment(ref _hung);
        Volatile.Write(ref _processor, null);
        _isWarm = false;
        bool isReplaced = _stoodInCall == call || _pool.TryReplaceWorker();
        _policy.OnAbandoned(isReplaced);
        _onFailure(new TimeoutException(Explain(now - new TimeSpan(call), isReplaced)));

        // The next processor is made at once, not when it is needed.
        Rest(Running);
        TrySchedule();
    }

    private string Explain(TimeSpan elapsed, bool isReplaced)
    {
        string what = $"the workflow '{_workflow.Name}' did not come back for {elapsed.TotalSeconds:0} s and could not be stopped";
        if (_completed)
            return $"{what}; its stream has ended without it";
        if (!IsDisabled)
            return $"{what}; it is started anew, {AbandonedCount} of at most {_limits.MostAbandoned - 1} times";
        string why = isReplaced
            ? $"this happened {AbandonedCount} times"
            : $"{InferencePool.MostBlocked} more hang in this relay: restart it to be rid of them";
        return $"{what}; it is switched off for this stream ({why}). Put another workflow in its place, or publish to channel '{_channel}' again once this one is mended";
    }
}
