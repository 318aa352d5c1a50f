using System.Numerics;
using System.Runtime.CompilerServices;

namespace ComfyStream.Workflows.Detection;

/// <summary>
/// Where something was found, in fractions of the picture's width and height, so that it fits the picture at any size. It may
/// reach over the picture's edges.
/// </summary>
/// <param name="Left">0 is the picture's left edge, 1 its right one.</param>
/// <param name="Top">0 is the picture's upper edge, 1 its lower one.</param>
/// <param name="Right">Larger than <paramref name="Left"/>.</param>
/// <param name="Bottom">Larger than <paramref name="Top"/>.</param>
/// <param name="Score">How sure the detector is, 0 to 1.</param>
public record struct Box(float Left, float Top, float Right, float Bottom, float Score)
{
    /// <summary>What the detector knows besides; the order is the detector's.</summary>
    public KeyPoints Points;

    /// <summary>Always positive.</summary>
    public readonly float Width => Right - Left;

    /// <summary>Always positive.</summary>
    public readonly float Height => Bottom - Top;

    /// <summary>Common area as a part of the area that either covers.</summary>
    public static float IntersectionOverUnion(in Box a, in Box b)
    {
        float width = MathF.Min(a.Right, b.Right) - MathF.Max(a.Left, b.Left);
        float height = MathF.Min(a.Bottom, b.Bottom) - MathF.Max(a.Top, b.Top);
        if (width <= 0 || height <= 0)
            return 0;
        float common = width * height;
        return common / (a.Width * a.Height + b.Width * b.Height - common);
    }

    /// <summary>The same around the same centre, larger.</summary>
    public readonly Box Scaled(float factor)
    {
        float x = (factor - 1) / 2 * Width;
        float y = (factor - 1) / 2 * Height;
        return this with { Left = Left - x, Top = Top - y, Right = Right + x, Bottom = Bottom + y };
    }
}

/// <summary>Points of a <see cref="Box"/>. Of a face: right eye, left eye (the person's), nose, mouth, right ear, left ear.</summary>
[InlineArray(Count)]
public struct KeyPoints : IEquatable<KeyPoints>
{
    /// <summary>Points of a box.</summary>
    public const int Count = 6;

    private Vector2 _first;

    /// <inheritdoc/>
    public readonly bool Equals(KeyPoints other) => ((ReadOnlySpan<Vector2>)this).SequenceEqual(other);

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is KeyPoints other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => _first.GetHashCode();
}
