using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ComfyStream.Workflows.Pixels;

/// <summary>
/// The least or greatest value in a square around each place; what lies outside the plane does not count. Windows are doubled until
/// two of them cover the square, so the effort grows with the logarithm of its side. One thread at a time.
/// </summary>
internal sealed unsafe class PlaneMorphology(int size) : IDisposable
{
    private readonly NativeBuffer<byte> _extended = new();

    /// <summary>Pixels of the square before the middle one; one more than behind it when the side is even.</summary>
    private readonly int _before = size / 2;

    /// <summary>Source and target may be the same.</summary>
    public void Erode(PixelPlane source, PixelPlane target) => Apply<Least>(source, target);

    /// <summary>Source and target may be the same.</summary>
    public void Dilate(PixelPlane source, PixelPlane target) => Apply<Greatest>(source, target);

    public void Dispose() => _extended.Dispose();

    private interface IChoice
    {
        static abstract byte Outside { get; }

        static abstract Vector256<byte> Choose(Vector256<byte> a, Vector256<byte> b);
    }

    private void Apply<TChoice>(PixelPlane source, PixelPlane target)
        where TChoice : IChoice
    {
        // A row or a column with as much outside as the square reaches, and whole vectors.
        int stride = (source.Width + size + 63) / 32 * 32;
        int rows = source.Height + size - 1;
        _extended.EnsureLength(stride * rows + 32);
        byte* start = _extended.Pointer;
        Unsafe.InitBlock(start, TChoice.Outside, (uint)(stride * _before));
        Unsafe.InitBlock(start + (nint)stride * (_before + source.Height), TChoice.Outside, (uint)(stride * (size - 1 - _before)));
        for (int y = 0; y < source.Height; y++)
        {
            byte* row = start + (nint)stride * (_before + y);
            Unsafe.InitBlock(row, TChoice.Outside, (uint)stride);
            Unsafe.CopyBlock(row + _before, source.Row(y), (uint)source.Width);
            ChooseAlong<TChoice>(row, 1, source.Width + size - 1);
        }

        // The same over rows, whose window begins where the target's row is.
        ChooseAlong<TChoice>(start, stride, stride * rows);
        for (int y = 0; y < source.Height; y++)
            Unsafe.CopyBlock(target.Row(y), start + (nint)stride * y, (uint)source.Width);
    }

    /// <summary>
    /// Leaves at each place the choice of it and the <c>size - 1</c> next ones, <paramref name="step"/> bytes apart each. Places are
    /// read before those ahead of them change.
    /// </summary>
    private void ChooseAlong<TChoice>(byte* places, int step, int length)
        where TChoice : IChoice
    {
        int window = 1;
        for (; window * 2 <= size; window *= 2)
            ChooseAhead<TChoice>(places, window * step, length);
        if (window < size)
            ChooseAhead<TChoice>(places, (size - window) * step, length);
    }

    private static void ChooseAhead<TChoice>(byte* places, int ahead, int length)
        where TChoice : IChoice
    {
        for (int x = 0; x < length - ahead; x += Vector256<byte>.Count)
            TChoice.Choose(Vector256.Load(places + x), Vector256.Load(places + x + ahead)).Store(places + x);
    }

    private readonly struct Least : IChoice
    {
        public static byte Outside => 255;

        public static Vector256<byte> Choose(Vector256<byte> a, Vector256<byte> b) => Vector256.Min(a, b);
    }

    private readonly struct Greatest : IChoice
    {
        public static byte Outside => 0;

        public static Vector256<byte> Choose(Vector256<byte> a, Vector256<byte> b) => Vector256.Max(a, b);
    }
}
