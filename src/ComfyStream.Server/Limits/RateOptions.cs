namespace ComfyStream.Server.Limits;

/// <summary>How often something may happen.</summary>
/// <param name="PerSecond">In the long run.</param>
/// <param name="Burst">At once, after a rest.</param>
public readonly record struct RateOptions(double PerSecond, double Burst)
{
    /// <summary>A rate that what was saved in two seconds may exceed.</summary>
    public static RateOptions WithTwoSecondsBurst(double perSecond) => new(perSecond, Math.Max(1, perSecond * 2));
}
