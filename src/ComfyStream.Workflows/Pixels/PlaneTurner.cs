using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ComfyStream.Workflows.Pixels;

/// <summary>Flips and turns planes. Source and target must be two.</summary>
internal static unsafe class PlaneTurner
{
    private static readonly Vector128<byte> _backwards = Vector128.Create((byte)15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);

    /// <summary>Top becomes bottom.</summary>
    public static void FlipRows(PixelPlane source, PixelPlane target)
    {
        for (int y = 0; y < source.Height; y++)
            Unsafe.CopyBlock(target.Row(source.Height - 1 - y), source.Row(y), (uint)source.Width);
    }

    /// <summary>Left becomes right.</summary>
    public static void FlipColumns(PixelPlane source, PixelPlane target)
    {
        for (int y = 0; y < source.Height; y++)
            CopyBackwards(source.Row(y), target.Row(y), source.Width);
    }

    /// <summary>Half a turn.</summary>
    public static void TurnHalf(PixelPlane source, PixelPlane target)
    {
        for (int y = 0; y < source.Height; y++)
            CopyBackwards(source.Row(y), target.Row(source.Height - 1 - y), source.Width);
    }

    /// <summary>A quarter clockwise: the left edge, read upwards, becomes the top one. The target is as wide as the source is high.</summary>
    public static void TurnClockwise(PixelPlane source, PixelPlane target) => Turn(source, target, clockwise: true);

    /// <summary>A quarter counter-clockwise.</summary>
    public static void TurnCounterClockwise(PixelPlane source, PixelPlane target) => Turn(source, target, clockwise: false);

    private static void CopyBackwards(byte* source, byte* target, int length)
    {
        int x = 0;
        for (; x <= length - 16; x += 16)
            Vector128.Shuffle(Vector128.Load(source + length - 16 - x), _backwards).Store(target + x);
        for (; x < length; x++)
            target[x] = source[length - 1 - x];
    }

    /// <summary>By squares of 8, whose columns become rows; what is left over at the edges one by one.</summary>
    private static void Turn(PixelPlane source, PixelPlane target, bool clockwise)
    {
        (int width, int height) = (source.Width & ~7, source.Height & ~7);
        for (int y = 0; y < height; y += 8)
        {
            for (int x = 0; x < width; x += 8)
                TurnSquare(source, target, x, y, clockwise);
        }

        for (int y = 0; y < source.Height; y++)
        {
            for (int x = y < height ? width : 0; x < source.Width; x++)
            {
                byte* to = clockwise ? target.Row(x) + source.Height - 1 - y : target.Row(source.Width - 1 - x) + y;
                *to = source.Row(y)[x];
            }
        }
    }

    private static void TurnSquare(PixelPlane source, PixelPlane target, int left, int top, bool clockwise)
    {
        // Read from the bottom for a clockwise turn, so that the columns come out as the rows are wanted.
        byte* from = source.Row(clockwise ? top + 7 : top) + left;
        nint step = clockwise ? -source.Stride : source.Stride;
        Vector128<byte> a = Vector128.Create(*(ulong*)from, *(ulong*)(from + step)).AsByte();
        Vector128<byte> b = Vector128.Create(*(ulong*)(from + 2 * step), *(ulong*)(from + 3 * step)).AsByte();
        Vector128<byte> c = Vector128.Create(*(ulong*)(from + 4 * step), *(ulong*)(from + 5 * step)).AsByte();
        Vector128<byte> d = Vector128.Create(*(ulong*)(from + 6 * step), *(ulong*)(from + 7 * step)).AsByte();

        // Pairs of rows interleaved, then fours, then all eight.
        Vector128<byte> pairs = Vector128.Create((byte)0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
        Vector128<ushort> ab = Vector128.Shuffle(a, pairs).AsUInt16();
        Vector128<ushort> cd = Vector128.Shuffle(b, pairs).AsUInt16();
        Vector128<ushort> ef = Vector128.Shuffle(c, pairs).AsUInt16();
        Vector128<ushort> gh = Vector128.Shuffle(d, pairs).AsUInt16();
        (Vector128<uint> upperLeft, Vector128<uint> upperRight) = Interleave(ab, cd);
        (Vector128<uint> lowerLeft, Vector128<uint> lowerRight) = Interleave(ef, gh);
        StoreColumns(upperLeft, lowerLeft, target, left, source, top, clockwise);
        StoreColumns(upperRight, lowerRight, target, left + 4, source, top, clockwise);
    }

    private static (Vector128<uint> Left, Vector128<uint> Right) Interleave(Vector128<ushort> first, Vector128<ushort> second)
    {
        Vector128<byte> order = Vector128.Create((byte)0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15);
        Vector128<ushort> left = Vector128.Create(first.GetLower(), second.GetLower());
        Vector128<ushort> right = Vector128.Create(first.GetUpper(), second.GetUpper());
        return (Vector128.Shuffle(left.AsByte(), order).AsUInt32(), Vector128.Shuffle(right.AsByte(), order).AsUInt32());
    }

    private static void StoreColumns(
        Vector128<uint> upper, Vector128<uint> lower, PixelPlane target, int column, PixelPlane source, int top, bool clockwise)
    {
        for (int i = 0; i < 4; i++)
        {
            byte* to = clockwise
                ? target.Row(column + i) + source.Height - 8 - top
                : target.Row(source.Width - 1 - column - i) + top;
            *(ulong*)to = upper[i] | ((ulong)lower[i] << 32);
        }
    }
}
