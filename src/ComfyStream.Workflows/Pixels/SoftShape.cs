using System.Runtime.Intrinsics;

namespace ComfyStream.Workflows.Pixels;

/// <summary>
/// A rectangle, or the ellipse in it, with soft edges: 1 inside, falling to 0 between <paramref name="Solid"/> of the way from centre
/// to edge and the edge.
/// </summary>
/// <param name="CentreX">In pixels of a plane.</param>
/// <param name="CentreY">In pixels of a plane.</param>
/// <param name="RadiusX">Half its width; positive.</param>
/// <param name="RadiusY">Half its height; positive.</param>
/// <param name="Solid">0 to 1.</param>
/// <param name="IsEllipse">Whether the corners are left out.</param>
internal readonly record struct SoftShape(float CentreX, float CentreY, float RadiusX, float RadiusY, float Solid, bool IsEllipse)
{
    /// <summary>Edges are at least this wide, so that they have no stairs.</summary>
    private const float MinEdgePixels = 1;

    /// <summary>The same on a plane of half the size.</summary>
    public SoftShape Halved => this with { CentreX = CentreX / 2, CentreY = CentreY / 2, RadiusX = RadiusX / 2, RadiusY = RadiusY / 2 };

    public SoftShapeRow Row(int y)
    {
        float solid = Math.Min(Solid, 1 - MinEdgePixels / Math.Max(MinEdgePixels, Math.Min(RadiusX, RadiusY)));
        return new SoftShapeRow(CentreX, 1 / RadiusX, MathF.Abs(y + 0.5f - CentreY) / RadiusY, 1 / (1 - solid), IsEllipse);
    }
}

/// <summary>What a <see cref="SoftShape"/> has in common for the pixels of a row.</summary>
internal readonly struct SoftShapeRow(float centreX, float scaleX, float distanceY, float slope, bool isEllipse)
{
    private readonly Vector256<float> _first = (Vector256.Create(0f, 1, 2, 3, 4, 5, 6, 7) + Vector256.Create(0.5f - centreX)) * scaleX;
    private readonly Vector256<float> _distanceY = Vector256.Create(isEllipse ? distanceY * distanceY : distanceY);
    private readonly Vector256<float> _slope = Vector256.Create(slope);

    /// <summary>Weights of eight pixels from a column on.</summary>
    public Vector256<float> WeightsAt(int x)
    {
        Vector256<float> distanceX = _first + Vector256.Create(x * scaleX);
        Vector256<float> distance = isEllipse
            ? Vector256.Sqrt(distanceX * distanceX + _distanceY)
            : Vector256.Max(Vector256.Abs(distanceX), _distanceY);
        return Vector256.Clamp((Vector256<float>.One - distance) * _slope, Vector256<float>.Zero, Vector256<float>.One);
    }
}
