using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ComfyStream.Workflows.Pixels;

/// <summary>
/// Gives a mask row by row at the size of a picture, as weights 0 to <see cref="One"/>, interpolated linearly. Each mask row is
/// enlarged sideways once; the rows between two of them are mixed. One thread at a time.
/// </summary>
internal sealed unsafe class MaskEnlarger : IDisposable
{
    public const ushort One = 256;

    private const int RowWeightBits = 7;
    private readonly NativeBuffer<int> _index = new();
    private readonly NativeBuffer<float> _fraction = new();
    private readonly NativeBuffer<ushort> _rows = new();
    private MaskPlane? _mask;
    private int _maskWidth;
    private int _width;
    private int _height;
    private int _stride;
    private int _upperRow;

    /// <summary>Starts a picture of that size; rows are asked for from top to bottom.</summary>
    public void Begin(MaskPlane mask, int width, int height)
    {
        (_mask, _height) = (mask, height);
        if (_width != width || _maskWidth != mask.Width)
            Resize(mask.Width, width);
        _upperRow = int.MinValue;
    }

    /// <summary>Writes the weights of a row of the picture: its width rounded up to a multiple of 32.</summary>
    public void Write(int y, ushort* weights)
    {
        double position = Math.Clamp((y + 0.5) * _mask!.Height / _height - 0.5, 0, _mask.Height - 1);
        int row = (int)position;
        Fetch(row);
        ushort ofLower = (ushort)Math.Round((position - row) * (1 << RowWeightBits));
        Mix(ofLower, weights);
    }

    public void Dispose()
    {
        _index.Dispose();
        _fraction.Dispose();
        _rows.Dispose();
    }

    private void Resize(int maskWidth, int width)
    {
        (_maskWidth, _width, _stride) = (maskWidth, width, (width + 63) / 64 * 64);
        _index.EnsureLength(_stride);
        _fraction.EnsureLength(_stride);
        _rows.EnsureLength(2 * _stride);
        for (int x = 0; x < _stride; x++)
        {
            double position = Math.Clamp((x + 0.5) * maskWidth / width - 0.5, 0, maskWidth - 1);
            int index = Math.Clamp((int)position, 0, Math.Max(0, maskWidth - 2));
            _index.Pointer[x] = index;
            _fraction.Pointer[x] = (float)(position - index);
        }
    }

    /// <summary>Has mask rows <paramref name="row"/> and the next one enlarged, in the halves of the buffer by their parity.</summary>
    private void Fetch(int row)
    {
        if (row == _upperRow)
            return;
        if (row != _upperRow + 1)
            EnlargeRow(row);
        EnlargeRow(Math.Min(row + 1, _mask!.Height - 1), row + 1);
        _upperRow = row;
    }

    private void EnlargeRow(int row) => EnlargeRow(row, row);

    private void EnlargeRow(int row, int place)
    {
        float* from = _mask!.Row(row);
        ushort* to = _rows.Pointer + (place & 1) * _stride;
        if (!Avx2.IsSupported || _maskWidth < 2)
        {
            int next = _maskWidth < 2 ? 0 : 1;
            for (int x = 0; x < _stride; x++)
            {
                float* at = from + _index.Pointer[x];
                to[x] = (ushort)((at[0] + (at[next] - at[0]) * _fraction.Pointer[x]) * One + 0.5f);
            }

            return;
        }

        for (int x = 0; x < _stride; x += 16)
            Vector256.Narrow(Interpolate(from, x), Interpolate(from, x + 8)).AsUInt16().Store(to + x);
    }

    private Vector256<int> Interpolate(float* from, int x)
    {
        Vector256<int> index = Vector256.Load(_index.Pointer + x);
        Vector256<float> left = Avx2.GatherVector256(from, index, sizeof(float));
        Vector256<float> right = Avx2.GatherVector256(from + 1, index, sizeof(float));
        Vector256<float> weight = left + (right - left) * Vector256.Load(_fraction.Pointer + x);
        return Vector256.ConvertToInt32(weight * One + Vector256.Create(0.5f));
    }

    private void Mix(ushort ofLower, ushort* target)
    {
        ushort* upper = _rows.Pointer + (_upperRow & 1) * _stride;
        ushort* lower = _rows.Pointer + (~_upperRow & 1) * _stride;
        Vector256<ushort> lowerWeight = Vector256.Create(ofLower);
        Vector256<ushort> upperWeight = Vector256.Create((ushort)((1 << RowWeightBits) - ofLower));
        Vector256<ushort> half = Vector256.Create((ushort)(1 << (RowWeightBits - 1)));
        for (int x = 0; x < _width; x += 16)
        {
            Vector256<ushort> sum = Vector256.Load(upper + x) * upperWeight + Vector256.Load(lower + x) * lowerWeight;
            ((sum + half) >>> RowWeightBits).Store(target + x);
        }
    }
}
