namespace ComfyStream.Workflows.Detection;

/// <summary>A joint or another point of a body, in fractions of the picture's width and height.</summary>
/// <param name="X">0 is the picture's left edge, 1 its right one.</param>
/// <param name="Y">0 is the picture's upper edge, 1 its lower one.</param>
/// <param name="Score">How sure the detector is that it is there and seen, 0 to 1.</param>
public readonly record struct PosePoint(float X, float Y, float Score);

/// <summary>
/// Poses in a picture, as many as it was made for at most, each with the same number of points in the detector's order. Memory is
/// taken once. One thread at a time.
/// </summary>
/// <param name="capacity">Poses at most.</param>
/// <param name="pointCount">Points of a pose.</param>
/// <param name="limbs">Which points a drawing connects, by number; shared by all poses.</param>
public sealed class PoseList(int capacity, int pointCount, IReadOnlyList<(int From, int To)> limbs)
{
    private readonly PosePoint[] _points = new PosePoint[capacity * pointCount];
    private readonly float[] _scores = new float[capacity];

    /// <summary>Poses at most.</summary>
    public int Capacity => capacity;

    /// <summary>Poses.</summary>
    public int Count { get; private set; }

    /// <summary>Points of each pose.</summary>
    public int PointCount => pointCount;

    /// <summary>Which points a drawing connects, by number.</summary>
    public IReadOnlyList<(int From, int To)> Limbs => limbs;

    /// <summary>The points of a pose.</summary>
    public ReadOnlySpan<PosePoint> Points(int pose) => _points.AsSpan(pose * pointCount, pointCount);

    /// <summary>How sure the detector is of a pose, 0 to 1.</summary>
    public float Score(int pose) => _scores[pose];

    /// <summary>Takes all away.</summary>
    public void Clear() => Count = 0;

    /// <summary>Adds one and gives its points to be written. The list must not be full.</summary>
    public Span<PosePoint> Add(float score)
    {
        _scores[Count] = score;
        return _points.AsSpan(Count++ * pointCount, pointCount);
    }
}
