namespace ComfyStream.Server.Limits;

/// <summary>How often something may happen.</summary>
/// <param name="PerSecond">In the long run.</param>
/// <param name="Burst">At once, after a rest.</param>
public readonly record struct RateOptions(double PerSecond, double Burst);
