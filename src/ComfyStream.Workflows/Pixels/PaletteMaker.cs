namespace ComfyStream.Workflows.Pixels;

/// <summary>
/// The colours that stand for a picture's best: its colours, counted in cells of 8 levels, are divided where that takes away most of
/// the squared distances to the mean, until there are as many parts as wanted; their means are the palette. Allocates nothing once
/// made. One thread at a time.
/// </summary>
internal sealed class PaletteMaker
{
    public const int MaxColors = 256;
    private const int Bits = 5;
    private const int Side = 1 << Bits;

    private readonly int[] _counts = new int[Side * Side * Side];
    private readonly long[] _sums = new long[3 * Side * Side * Side];
    private readonly int[] _cells = new int[Side * Side * Side];
    private readonly Part[] _parts = new Part[MaxColors];
    private readonly double[] _marginCounts = new double[Side];
    private readonly double[] _marginSums = new double[Side];
    private readonly byte[] _palette = new byte[3 * MaxColors];

    /// <summary>How many there are: as many as asked for, or as the picture has.</summary>
    public int Count { get; private set; }

    /// <summary>Red, green and blue of each.</summary>
    public ReadOnlySpan<byte> Colors => _palette.AsSpan(0, 3 * Count);

    public void Make(RgbPicture picture, int colors)
    {
        int cellCount = CountColors(picture);
        Count = 1;
        _parts[0] = Describe(0, cellCount);
        while (Count < colors)
        {
            int worst = 0;
            for (int i = 1; i < Count; i++)
            {
                if (_parts[i].Gain > _parts[worst].Gain)
                    worst = i;
            }

            if (_parts[worst].Gain <= 0)
                break;
            Divide(worst);
        }

        for (int i = 0; i < Count; i++)
            WriteMean(i);
    }

    private unsafe int CountColors(RgbPicture picture)
    {
        Array.Clear(_counts);
        Array.Clear(_sums);
        for (int y = 0; y < picture.Height; y++)
        {
            nint row = (nint)y * picture.Stride;
            for (int x = 0; x < picture.Width; x++)
            {
                (byte r, byte g, byte b) = (picture.R[row + x], picture.G[row + x], picture.B[row + x]);
                int cell = (r >> (8 - Bits)) << (2 * Bits) | (g >> (8 - Bits)) << Bits | b >> (8 - Bits);
                _counts[cell]++;
                _sums[3 * cell] += r;
                _sums[3 * cell + 1] += g;
                _sums[3 * cell + 2] += b;
            }
        }

        int count = 0;
        for (int cell = 0; cell < _counts.Length; cell++)
        {
            if (_counts[cell] > 0)
                _cells[count++] = cell;
        }

        return count;
    }

    private static int PlaceOf(int cell, int axis) => cell >> ((2 - axis) * Bits) & (Side - 1);

    /// <summary>Finds where a range of cells is best divided.</summary>
    private Part Describe(int start, int end)
    {
        var best = new Part(start, end, Axis: 0, Place: 0, Gain: 0);
        for (int axis = 0; axis < 3; axis++)
        {
            Array.Clear(_marginCounts);
            Array.Clear(_marginSums);
            double count = 0, sum = 0;
            for (int i = start; i < end; i++)
            {
                (int cell, int place) = (_cells[i], PlaceOf(_cells[i], axis));
                _marginCounts[place] += _counts[cell];
                _marginSums[place] += _sums[3 * cell + axis];
                count += _counts[cell];
                sum += _sums[3 * cell + axis];
            }

            best = BestOf(best, axis, count, sum);
        }

        return best;
    }

    /// <summary>Squared distances to the means fall by n1 n2 / n (m1 - m2)^2 when a part of n is divided in two.</summary>
    private Part BestOf(Part best, int axis, double count, double sum)
    {
        double lowCount = 0, lowSum = 0;
        for (int place = 0; place < Side - 1; place++)
        {
            lowCount += _marginCounts[place];
            lowSum += _marginSums[place];
            if (_marginCounts[place] == 0 || lowCount == count)
                continue;
            double apart = lowSum / lowCount - (sum - lowSum) / (count - lowCount);
            double gain = lowCount * (count - lowCount) / count * apart * apart;
            if (gain > best.Gain)
                best = best with { Axis = axis, Place = place, Gain = gain };
        }

        return best;
    }

    private void Divide(int part)
    {
        Part whole = _parts[part];
        (int low, int high) = (whole.Start, whole.End);
        while (low < high)
        {
            if (PlaceOf(_cells[low], whole.Axis) <= whole.Place)
                low++;
            else
                Swap(low, --high);
        }

        _parts[part] = Describe(whole.Start, low);
        _parts[Count++] = Describe(low, whole.End);
    }

    private void Swap(int a, int b) => (_cells[a], _cells[b]) = (_cells[b], _cells[a]);

    private void WriteMean(int part)
    {
        long count = 0;
        (long r, long g, long b) = (0, 0, 0);
        for (int i = _parts[part].Start; i < _parts[part].End; i++)
        {
            int cell = _cells[i];
            count += _counts[cell];
            r += _sums[3 * cell];
            g += _sums[3 * cell + 1];
            b += _sums[3 * cell + 2];
        }

        _palette[3 * part] = (byte)((r + count / 2) / count);
        _palette[3 * part + 1] = (byte)((g + count / 2) / count);
        _palette[3 * part + 2] = (byte)((b + count / 2) / count);
    }

    /// <summary>A range of cells, and where dividing it gains most.</summary>
    private readonly record struct Part(int Start, int End, int Axis, int Place, double Gain);
}
