namespace ComfyStream.Streaming.Pipeline;

/// <summary>What a stage lets a workflow take: time for a picture, and chances.</summary>
internal sealed record ProcessLimits
{
    public static ProcessLimits Default { get; } = new();

    /// <summary>From when a picture is handed over to when its result is there; a later one is counted as late.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromMilliseconds(150);

    /// <summary>A call that takes longer has its worker replaced, so that other streams do not wait for it.</summary>
    public TimeSpan StandInAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A call that takes longer is asked to end.</summary>
    public TimeSpan CancelAfter { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The same for a processor's making and its first picture: models are loaded and warmed up.</summary>
    public TimeSpan FirstCancelAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A call that goes on for so long after it was asked to end is given up.</summary>
    public TimeSpan CancelGrace { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>When the stream is over, the picture in flight has so long before it is asked to end, and as long again to do so.</summary>
    public TimeSpan EndCancelAfter { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>As many calls are given up; then the workflow is switched off.</summary>
    public int MostAbandoned { get; init; } = 3;

    /// <summary>As many pictures may fail one after the other before the workflow is tried less often.</summary>
    public int MostFailuresInRow { get; init; } = 10;

    /// <summary>How long a workflow rests after a failure, when it fails again and again.</summary>
    public TimeSpan FailureRest { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The rest after a processor could not be made; doubled each time.</summary>
    public TimeSpan LeastCreationRest { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Up to this.</summary>
    public TimeSpan MostCreationRest { get; init; } = TimeSpan.FromSeconds(30);
}
