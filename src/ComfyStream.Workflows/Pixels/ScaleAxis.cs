namespace ComfyStream.Workflows.Pixels;

/// <summary>
/// Scaling along one axis: the weights of the source's places for each new place. All have the same count of neighbours, some with a
/// weight of 0. Places beyond the part that is scaled count as its outermost ones.
/// </summary>
internal sealed unsafe class ScaleAxis : IDisposable
{
    private const double Cubic = -0.75;
    private const int Lobes = 3;

    private readonly NativeBuffer<int> _first;
    private readonly NativeBuffer<float> _weights;

    /// <param name="method">How.</param>
    /// <param name="sourceLength">Places there are.</param>
    /// <param name="origin">Where the part that is scaled begins; chroma may begin between two places.</param>
    /// <param name="length">How long it is.</param>
    /// <param name="targetLength">Places wanted.</param>
    public ScaleAxis(ScaleMethod method, int sourceLength, double origin, double length, int targetLength)
    {
        TargetLength = targetLength;
        Stride = (targetLength + 15) / 16 * 16;
        int low = (int)Math.Floor(origin);
        int high = Math.Min(sourceLength, (int)Math.Ceiling(origin + length)) - 1;
        var taps = new SortedDictionary<int, double>[targetLength];
        for (int i = 0; i < targetLength; i++)
        {
            taps[i] = [];
            foreach ((int place, double weight) in Weigh(method, origin, length, targetLength, i, low, high))
            {
                int inside = Math.Clamp(place, low, high);
                taps[i][inside] = taps[i].GetValueOrDefault(inside) + weight;
            }
        }

        Count = taps.Max(weights => weights.Keys.Last() - weights.Keys.First() + 1);
        _first = new NativeBuffer<int>(Stride);
        _weights = new NativeBuffer<float>(Count * Stride);
        for (int i = 0; i < targetLength; i++)
        {
            int first = Math.Max(0, Math.Min(taps[i].Keys.First(), sourceLength - Count));
            _first.Pointer[i] = first;
            foreach ((int place, double weight) in taps[i])
                _weights.Pointer[(place - first) * Stride + i] = (float)weight;
        }
    }

    public int TargetLength { get; }

    /// <summary>Neighbours that are weighed.</summary>
    public int Count { get; }

    /// <summary>From the weights of one neighbour to those of the next: <see cref="TargetLength"/> rounded up to whole vectors.</summary>
    public int Stride { get; }

    /// <summary>First neighbour of each new place.</summary>
    public int* First => _first.Pointer;

    /// <summary>Weights of the first neighbours of all new places, then of the second ones ...</summary>
    public float* Weights => _weights.Pointer;

    public void Dispose()
    {
        _first.Dispose();
        _weights.Dispose();
    }

    private static IEnumerable<(int Place, double Weight)> Weigh(
        ScaleMethod method, double origin, double length, int targetLength, int target, int low, int high)
    {
        double scale = length / targetLength;
        double middle = origin + (target + 0.5) * scale;
        return method switch
        {
            ScaleMethod.Nearest => [((int)Math.Floor(middle), 1)],
            ScaleMethod.Bilinear => Lines(middle - 0.5),
            ScaleMethod.Area => Mean((int)Math.Floor(origin + target * scale + 1e-9), (int)Math.Ceiling(origin + (target + 1) * scale - 1e-9)),
            ScaleMethod.Bicubic => Curves(middle - 0.5),
            _ => Sinc(middle, Math.Max(1, scale), low, high),
        };
    }

    private static IEnumerable<(int, double)> Lines(double position)
    {
        int left = (int)Math.Floor(position);
        return [(left, left + 1 - position), (left + 1, position - left)];
    }

    private static IEnumerable<(int, double)> Mean(int from, int to) =>
        Enumerable.Range(from, to - from).Select(place => (place, 1.0 / (to - from)));

    private static IEnumerable<(int, double)> Curves(double position)
    {
        int left = (int)Math.Floor(position);
        return Enumerable.Range(left - 1, 4).Select(place => (place, CubicAt(Math.Abs(place - position))));
    }

    /// <summary>The kernel of cubic convolution (Keys 1981).</summary>
    private static double CubicAt(double x) => x <= 1
        ? ((Cubic + 2) * x - (Cubic + 3)) * x * x + 1
        : x < 2 ? ((x - 5) * x + 8) * x * Cubic - 4 * Cubic : 0;

    /// <summary>What falls outside is left out, and the rest counts for more.</summary>
    private static IEnumerable<(int, double)> Sinc(double middle, double stretch, int low, int high)
    {
        int from = Math.Max(low, (int)Math.Floor(middle - Lobes * stretch + 0.5));
        int to = Math.Min(high + 1, (int)Math.Floor(middle + Lobes * stretch + 0.5));
        (int Place, double Weight)[] weights = [.. Enumerable.Range(from, to - from).Select(place => (place, SincAt((place + 0.5 - middle) / stretch)))];
        double sum = weights.Sum(weight => weight.Weight);
        return weights.Select(weight => (weight.Place, weight.Weight / sum));
    }

    private static double SincAt(double x) => Math.Abs(x) >= Lobes ? 0 : Sinc(x) * Sinc(x / Lobes);

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(Math.PI * x) / (Math.PI * x);
}
