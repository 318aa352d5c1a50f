using ComfyStream.EndToEnd.Browser;

namespace ComfyStream.EndToEnd;

/// <summary>The scene of four colours that browsers (Pages/scenes.js) and aiortc (Peers/aiortc_peer.py) publish.</summary>
internal static class Quadrants
{
    public const int Width = 640;
    public const int Height = 360;

    // Chroma subsampling, the coder and the conversions on both sides cost some accuracy.
    private const double Tolerance = 20;

    /// <summary>The middle of each quarter, away from edges and from the marker.</summary>
    public static readonly IReadOnlyList<Patch> Middles = [new(60, 40, 200, 100), new(380, 40, 200, 100), new(60, 220, 200, 100), new(380, 220, 200, 100)];

    public static readonly IReadOnlyList<double[]> Colours = [[200, 40, 40], [40, 160, 60], [40, 60, 200], [210, 200, 60]];

    public static readonly IReadOnlyList<double[]> Inverted = [.. Colours.Select(colour => colour.Select(value => 255 - value).ToArray())];

    public static bool Match(IReadOnlyList<double[]> expected, IReadOnlyList<double[]> seen) =>
        expected.Zip(seen).All(pair => pair.First.Zip(pair.Second).All(values => Math.Abs(values.First - values.Second) <= Tolerance));

    /// <summary>Waits until a page shows the four colours.</summary>
    public static async Task ShownAsync(LabPage viewer, IReadOnlyList<double[]> expected)
    {
        double[][] seen = [];
        await Eventually.GetAsync<object>(
            async () =>
            {
                seen = new double[Middles.Count][];
                for (int i = 0; i < seen.Length; i++)
                    seen[i] = await viewer.ColourAsync(Middles[i]);
                return Match(expected, seen) ? seen : null;
            },
            Eventually.Limit,
            () => $"the picture's colours are {Describe(expected)}; last: {Describe(seen)}");
    }

    private static string Describe(IEnumerable<double[]> colours) =>
        string.Join(" ", colours.Select(colour => $"({string.Join(",", colour.Select(value => $"{value:0}"))})"));
}
