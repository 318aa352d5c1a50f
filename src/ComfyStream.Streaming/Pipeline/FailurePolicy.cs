namespace ComfyStream.Streaming.Pipeline;

/// <summary>What is to be done about a call that takes long.</summary>
internal enum CallVerdict
{
    /// <summary>Wait for it.</summary>
    Wait,

    /// <summary>Ask it to end.</summary>
    Cancel,

    /// <summary>Go on without it.</summary>
    Abandon,
}

/// <summary>
/// What a stage does about a workflow that fails, is late or hangs: when the next picture is tried, and when no more is. It is told
/// what happened and when, and does nothing itself. Written by whoever ended the stage's call; any thread reads.
/// </summary>
internal sealed class FailurePolicy(ProcessLimits limits)
{
    private int _failuresInRow;
    private int _creationFailuresInRow;
    private int _abandoned;
    private long _restsUntilTicks = long.MinValue;
    private volatile bool _isDisabled;

    /// <summary>Whether the workflow is switched off for good.</summary>
    public bool IsDisabled => _isDisabled;

    /// <summary>Calls given up.</summary>
    public int AbandonedCount => Volatile.Read(ref _abandoned);

    /// <summary>Whether pictures are to be let go without being tried.</summary>
    public bool IsResting(TimeSpan now) => _isDisabled || now.Ticks < Volatile.Read(ref _restsUntilTicks);

    /// <summary>Whether a result comes too late.</summary>
    public bool IsLate(TimeSpan handedOver, TimeSpan now) => now - handedOver > limits.Deadline;

    /// <summary>What to do about a call that has run that long.</summary>
    /// <param name="isFirst">It makes a processor or is the processor's first picture.</param>
    public CallVerdict Judge(TimeSpan elapsed, bool isFirst) =>
        Judge(elapsed, isFirst ? limits.FirstCancelAfter : limits.CancelAfter, limits.CancelGrace);

    /// <summary>What to do about a call that still runs so long after the stream's end.</summary>
    public CallVerdict JudgeAtEnd(TimeSpan sinceEnd) => Judge(sinceEnd, limits.EndCancelAfter, limits.EndCancelAfter);

    /// <summary>A picture was processed.</summary>
    public void OnProcessed() => _failuresInRow = 0;

    /// <summary>
    /// A picture failed. One that fails slowly is followed by a rest as long as it took, so that a worker is there for the others for
    /// at least half of the time.
    /// </summary>
    public void OnFailed(TimeSpan begun, TimeSpan now)
    {
        if (++_failuresInRow >= limits.MostFailuresInRow)
            RestUntil(now + Longer(limits.FailureRest, now - begun));
    }

    /// <summary>A processor was made.</summary>
    public void OnCreated() => _creationFailuresInRow = 0;

    /// <summary>A processor could not be made.</summary>
    public void OnCreationFailed(TimeSpan now)
    {
        double factor = Math.Pow(2, Math.Min(_creationFailuresInRow++, 30));
        RestUntil(now + Shorter(limits.LeastCreationRest * factor, limits.MostCreationRest));
    }

    /// <summary>A call was given up.</summary>
    /// <param name="mayGoOn">Whether another worker could take the place of the one that is lost.</param>
    public void OnAbandoned(bool mayGoOn)
    {
        if (Interlocked.Increment(ref _abandoned) >= limits.MostAbandoned || !mayGoOn)
            _isDisabled = true;
    }

    private static CallVerdict Judge(TimeSpan elapsed, TimeSpan cancelAfter, TimeSpan grace)
    {
        if (elapsed < cancelAfter)
            return CallVerdict.Wait;
        return elapsed < cancelAfter + grace ? CallVerdict.Cancel : CallVerdict.Abandon;
    }

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private void RestUntil(TimeSpan time) => Volatile.Write(ref _restsUntilTicks, time.Ticks);
}
