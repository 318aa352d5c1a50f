using System.Numerics.Tensors;

namespace ComfyStream.Workflows.Pixels;

/// <summary>
/// Steadies a person mask over time, in the stream's own time, and decides when nobody is there. One thread at a time.
/// </summary>
/// <param name="width">Width of the masks.</param>
/// <param name="height">Height of the masks.</param>
/// <param name="smoothing">Share of the old mask that is left after 1/30 s.</param>
/// <param name="emptyWeight">What the whole mask becomes when nobody is there: 0 (all background) or 1 (all kept).</param>
internal sealed class MaskSmoother(int width, int height, double smoothing, float emptyWeight) : IDisposable
{
    /// <summary>Below this mean, a mask shows nobody.</summary>
    private const float EmptyMean = 0.02f;
    private static readonly TimeSpan EmptyAfter = TimeSpan.FromSeconds(1);

    /// <summary>After a gap as long as this, the old mask says nothing about the new picture.</summary>
    private static readonly TimeSpan LongestGap = TimeSpan.FromSeconds(0.5);
    private const double NominalFramesPerSecond = 30;

    private TimeSpan _last;
    private TimeSpan _emptySince;
    private bool _hasMask;
    private bool _isEmpty;

    public MaskPlane Mask { get; } = new(width, height);

    /// <summary>Takes the network's mask of a picture into <see cref="Mask"/>.</summary>
    public void Update(ReadOnlySpan<float> fresh, TimeSpan mediaTime)
    {
        TimeSpan elapsed = mediaTime - _last;
        bool continues = _hasMask && elapsed >= TimeSpan.Zero && elapsed < LongestGap;
        (_last, _hasMask) = (mediaTime, true);

        bool nobody = IsNobody(fresh, mediaTime, continues);
        float kept = continues ? (float)Math.Pow(smoothing, elapsed.TotalSeconds * NominalFramesPerSecond) : 0;
        Span<float> mask = Mask.Weights;
        if (nobody)
        {
            TensorPrimitives.Multiply(mask, kept, mask);
            TensorPrimitives.Add(mask, (1 - kept) * emptyWeight, mask);
        }
        else
        {
            TensorPrimitives.Lerp(fresh, mask, kept, mask);
        }
    }

    public void Dispose() => Mask.Dispose();

    private bool IsNobody(ReadOnlySpan<float> fresh, TimeSpan mediaTime, bool continues)
    {
        bool wasEmpty = _isEmpty && continues;
        _isEmpty = TensorPrimitives.Sum(fresh) < EmptyMean * fresh.Length;
        if (_isEmpty && !wasEmpty)
            _emptySince = mediaTime;
        return _isEmpty && mediaTime - _emptySince >= EmptyAfter;
    }
}
