using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Detection;

/// <summary>
/// Where a pose is looked for: a square with room around where it was. When it was lost, the whole picture and squares as high (or wide)
/// as it take turns, in which a person shows larger. A square stays while it fits, because a network finds slightly other points in every
/// other one. One thread at a time.
/// </summary>
internal sealed class PoseRegion
{
    /// <summary>Side of the square, as a multiple of the pose's longer side.</summary>
    private const float Room = 1.5f;

    /// <summary>Smaller poses are more likely a mistake than a person.</summary>
    private const float SmallestPart = 0.15f;

    /// <summary>How far the middle may move, as a part of the square, and how much the size may change, until there is a new square.</summary>
    private const float Slack = 0.12f;

    private static readonly TimeSpan LongestGap = TimeSpan.FromSeconds(0.5);

    private (int Width, int Height) _size;
    private SquareRegion? _region;
    private int _turn;
    private TimeSpan _last;

    /// <summary>What is looked at in the next picture.</summary>
    public SquareRegion For(int width, int height, TimeSpan mediaTime)
    {
        TimeSpan elapsed = mediaTime - _last;
        if (_size != (width, height) || elapsed < TimeSpan.Zero || elapsed > LongestGap)
            (_region, _turn) = (null, 0);
        (_size, _last) = ((width, height), mediaTime);
        return _region ?? InTurn(width, height);
    }

    /// <summary>Takes note of what was found there.</summary>
    public void Follow(PoseList poses, int width, int height)
    {
        if (poses.Count == 0)
        {
            (_region, _turn) = (null, _region is null ? _turn + 1 : 0);
            return;
        }

        SquareRegion wanted = Around(poses.Points(0), width, height);
        if (_region is not { } old || IsTooFar(old, wanted))
            _region = wanted.Side < Math.Max(width, height) ? wanted : SquareRegion.Around(width, height);
    }

    /// <summary>The whole, its middle, the whole, one end, the whole, the other end.</summary>
    private SquareRegion InTurn(int width, int height)
    {
        if (_turn % 2 == 0)
            return SquareRegion.Around(width, height);
        int side = Math.Min(width, height);
        float place = (_turn / 2 % 3) switch { 0 => 0.5f, 1 => 0, _ => 1 };
        return new(place * (width - side), place * (height - side), side);
    }

    private static bool IsTooFar(in SquareRegion old, in SquareRegion wanted) =>
        Math.Abs(old.CentreX - wanted.CentreX) > Slack * old.Side || Math.Abs(old.CentreY - wanted.CentreY) > Slack * old.Side
        || wanted.Side > old.Side * (1 + Slack) || wanted.Side < old.Side * (1 - Slack);

    private static SquareRegion Around(ReadOnlySpan<PosePoint> points, int width, int height)
    {
        (float left, float top, float right, float bottom) = (float.MaxValue, float.MaxValue, float.MinValue, float.MinValue);
        foreach (ref readonly PosePoint point in points)
        {
            if (point.Score <= 0)
                continue;
            (left, right) = (Math.Min(left, point.X), Math.Max(right, point.X));
            (top, bottom) = (Math.Min(top, point.Y), Math.Max(bottom, point.Y));
        }

        float side = Math.Max(Room * Math.Max((right - left) * width, (bottom - top) * height), SmallestPart * Math.Max(width, height));
        return new((left + right) / 2 * width - side / 2, (top + bottom) / 2 * height - side / 2, side);
    }
}
