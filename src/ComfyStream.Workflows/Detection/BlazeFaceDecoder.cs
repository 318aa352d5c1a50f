using System.Numerics;
using ComfyStream.Media;

namespace ComfyStream.Workflows.Detection;

/// <summary>
/// Reads what the short-range ("front") BlazeFace network says: for each of its anchors a score (a logit) and a box with key points
/// in pixels of its input, relative to the anchor. Stateless.
/// </summary>
internal static unsafe class BlazeFaceDecoder
{
    /// <summary>Width and height of the network's input.</summary>
    public const int Side = 128;

    /// <summary>Values for an anchor: centre and size of the box, then x and y of each key point.</summary>
    public const int ValuesPerAnchor = 4 + 2 * KeyPoints.Count;

    /// <summary>The grids on which the anchors stand, in the order of the network's outputs.</summary>
    public static readonly AnchorGrid Fine = new(CellsPerSide: 16, AnchorsPerCell: 2);
    public static readonly AnchorGrid Coarse = new(CellsPerSide: 8, AnchorsPerCell: 6);

    /// <summary>The logit of a score; comparing it spares the sigmoid of every anchor.</summary>
    public static float Logit(double score) => (float)Math.Log(score / (1 - score));

    /// <summary>Adds the boxes that reach the threshold, in fractions of the input.</summary>
    /// <exception cref="MediaException">The network gave something that is no number.</exception>
    public static void Decode(AnchorGrid grid, float* scores, float* values, float minLogit, BoxList boxes)
    {
        for (int i = 0; i < grid.AnchorCount; i++)
        {
            if (scores[i] < minLogit)
                continue;

            // Not a number is not below the threshold either.
            Box box = DecodeOne(grid, i, scores[i], values + i * ValuesPerAnchor);
            if (!float.IsFinite(scores[i]) || !float.IsFinite(box.Left + box.Right + box.Top + box.Bottom))
                throw new MediaException("The face model gave results that are not numbers, so nothing is known of the faces in this picture. Put an intact model file in its place.");
            if (box.Width > 0 && box.Height > 0)
                boxes.Add(box);
        }
    }

    private static Box DecodeOne(AnchorGrid grid, int index, float logit, float* values)
    {
        Vector2 anchor = grid.CentreOf(index);
        Vector2 centre = anchor + new Vector2(values[0], values[1]) / Side;
        Vector2 half = new Vector2(values[2], values[3]) / (2 * Side);
        var box = new Box(centre.X - half.X, centre.Y - half.Y, centre.X + half.X, centre.Y + half.Y, 1 / (1 + MathF.Exp(-logit)));
        for (int i = 0; i < KeyPoints.Count; i++)
            box.Points[i] = anchor + new Vector2(values[4 + 2 * i], values[5 + 2 * i]) / Side;
        return box;
    }
}

/// <summary>Anchors in the middles of square cells, several in each; row after row.</summary>
internal readonly record struct AnchorGrid(int CellsPerSide, int AnchorsPerCell)
{
    public int AnchorCount => CellsPerSide * CellsPerSide * AnchorsPerCell;

    /// <summary>In fractions of the input.</summary>
    public Vector2 CentreOf(int anchor)
    {
        (int row, int column) = Math.DivRem(anchor / AnchorsPerCell, CellsPerSide);
        return new Vector2(column + 0.5f, row + 0.5f) / CellsPerSide;
    }
}
