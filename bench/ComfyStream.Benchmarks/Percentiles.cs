namespace ComfyStream.Benchmarks;

/// <summary>Percentiles of a set of durations, in milliseconds.</summary>
internal sealed class Percentiles
{
    private readonly double[] _sorted;

    public Percentiles(IEnumerable<TimeSpan> samples)
    {
        _sorted = [.. samples.Select(sample => sample.TotalMilliseconds)];
        Array.Sort(_sorted);
    }

    public int Count => _sorted.Length;

    /// <summary>The least value that so many of the others do not exceed.</summary>
    public double At(double fraction) => _sorted.Length == 0 ? double.NaN : _sorted[Math.Max(0, (int)Math.Ceiling(_sorted.Length * fraction) - 1)];
}
