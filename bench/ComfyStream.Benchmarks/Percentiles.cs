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

    public double At(double fraction) => _sorted.Length == 0 ? double.NaN : _sorted[Math.Min(_sorted.Length - 1, (int)(_sorted.Length * fraction))];
}
