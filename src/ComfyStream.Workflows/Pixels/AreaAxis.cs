namespace ComfyStream.Workflows.Pixels;

/// <summary>
/// Area averaging along one axis: where the boundaries between the averaged ranges lie. Boundary i is at
/// <c>i * sourceLength / targetLength</c>; range i lies between boundaries i and i + 1.
/// </summary>
internal sealed unsafe class AreaAxis : IDisposable
{
    public const int FractionOne = 256;

    private readonly NativeBuffer<int> _index;
    private readonly NativeBuffer<int> _fraction;
    private readonly NativeBuffer<float> _scale;

    public AreaAxis(int sourceLength, int targetLength)
    {
        (SourceLength, TargetLength) = (sourceLength, targetLength);
        _index = new NativeBuffer<int>(BoundaryCount);
        _fraction = new NativeBuffer<int>(BoundaryCount);
        for (int i = 0; i < BoundaryCount; i++)
        {
            long position = Math.Min((long)i * sourceLength * FractionOne / targetLength, (long)sourceLength * FractionOne);
            int index = Math.Min((int)(position / FractionOne), sourceLength - 1);
            _index.Pointer[i] = index;
            _fraction.Pointer[i] = (int)(position - (long)index * FractionOne);
        }

        _scale = new NativeBuffer<float>(BoundaryCount);
        for (int i = 0; i < targetLength; i++)
            _scale.Pointer[i] = 1f / Math.Max(1, Position(i + 1) - Position(i));
    }

    public int SourceLength { get; }

    public int TargetLength { get; }

    /// <summary>Boundaries in the tables, rounded up to whole vectors; those past the last range repeat the end.</summary>
    public int BoundaryCount => (TargetLength + 1 + 7) / 8 * 8;

    /// <summary>Source element that holds each boundary.</summary>
    public int* Index => _index.Pointer;

    /// <summary>How far into that element, 0 to <see cref="FractionOne"/>.</summary>
    public int* Fraction => _fraction.Pointer;

    /// <summary>
    /// What a range's sum is multiplied by to give its mean, its elements weighted by <see cref="FractionOne"/>: by the range's
    /// length between the boundaries as they are rounded, so that what is flat stays so.
    /// </summary>
    public float* Scale => _scale.Pointer;

    public void Dispose()
    {
        _scale.Dispose();
        _index.Dispose();
        _fraction.Dispose();
    }

    /// <summary>Of a boundary, in parts of an element.</summary>
    private int Position(int boundary) => Index[boundary] * FractionOne + Fraction[boundary];
}
