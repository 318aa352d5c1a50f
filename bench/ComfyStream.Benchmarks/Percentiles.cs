namespace ComfyStream.Benchmarks;

/// <summary>Percentiles of a set of durations, in milliseconds.</summary>
internal sealed class Percentiles
{
    private const double Rounding = 1e-6;

    private readonly (double Milliseconds, double Weight)[] _sorted;
    private readonly double _total;

    public Percentiles(IEnumerable<TimeSpan> samples)
        : this(samples.Select(static sample => (sample, 1.0)))
    {
    }

    /// <summary>The same where each stands for so many others.</summary>
    public Percentiles(IEnumerable<(TimeSpan Time, double Weight)> samples)
    {
        _sorted = [.. samples.Select(static sample => (sample.Time.TotalMilliseconds, sample.Weight)).OrderBy(static sample => sample.TotalMilliseconds)];
        _total = _sorted.Sum(static sample => sample.Weight);
    }

    public int Count => _sorted.Length;

    /// <summary>The least value that so many of the others do not exceed.</summary>
    public double At(double fraction)
    {
        double below = 0;
        foreach ((double milliseconds, double weight) in _sorted)
        {
            below += weight;
            if (below >= (fraction * _total) - Rounding)
                return milliseconds;
        }

        return double.NaN;
    }
}
