using System.Globalization;
using ComfyStream.EndToEnd.Films;
using ComfyStream.EndToEnd.Processes;
using ComfyStream.Workflows.Tests;

namespace ComfyStream.EndToEnd;

/// <summary>
/// Each workflow that ships, by pixels: a clip is published by WHIP, and what a viewer decodes from WHEP is looked at. Viewers see the
/// picture after two lossy encodings, which alone leave some 35 dB.
/// </summary>
public sealed class ShippedWorkflowTests(RelayProcess relay) : RelayTests(relay), IClassFixture<RelayProcess>
{
    private const double Same = 30;

    /// <summary>Of the colour 0x205870.</summary>
    private const double BackgroundLuma = 86;

    /// <summary>What stands where in the astronaut's picture.</summary>
    private static readonly Area Face = new(240, 110, 325, 210), Wall = new(400, 20, 455, 180), Rocket = new(470, 150, 560, 300), Flag = new(0, 0, 70, 160);

    /// <summary>By workflow and clip: what must be so of a picture, and the figures that say whether it is.</summary>
    private static readonly Dictionary<string, Func<ViewedPicture, Clip, (bool Passes, string Figures)>> Checks = new()
    {
        ["passthrough/megamind"] = (seen, clip) => AtLeast(Same, seen.Luma, clip, luma => luma),
        ["invert/megamind"] = (seen, clip) => AtLeast(Same, seen.Luma, clip, luma => Map(luma, value => Math.Max(0, 251 - value))),
        ["background-blur/astronaut"] = (seen, clip) => All(
            ("face", Face.Detail(seen.Luma) / Face.Detail(clip.Luma(0)), 0.5, 1.5),
            ("rocket", Rocket.Detail(seen.Luma) / Rocket.Detail(clip.Luma(0)), 0, 0.1),
            ("flag", Flag.Detail(seen.Luma) / Flag.Detail(clip.Luma(0)), 0, 0.1)),
        ["background-blur/vtest"] = (seen, clip) => All(("all", Area.Whole.Detail(seen.Luma) / Area.Whole.Detail(clip.Luma(0)), 0, 0.1)),
        ["background-replace/astronaut"] = (seen, clip) => All(
            ("face", Face.Psnr(seen.Luma, clip.Luma(0)), Same, 99),
            ("wall", Wall.Psnr(seen.Luma, Map(clip.Luma(0), _ => BackgroundLuma)), Same, 99),
            ("rocket", Rocket.Psnr(seen.Luma, Map(clip.Luma(0), _ => BackgroundLuma)), Same, 99),
            ("blue", seen.Cb[50, 300] - seen.Cr[50, 300], 40, 80)),
        ["edges/astronaut"] = (seen, clip) => All(
            ("wall", Wall.Highest(seen.Luma), 0, 60),
            ("rocket", Rocket.PartAbove(128, seen.Luma), 0.04, 0.4),
            ("on edges", Area.Whole.SteepnessWhere(seen.Luma, clip.Luma(0)), 3, 99)),
        ["face-blur/astronaut"] = (seen, clip) => All(
            ("face", Face.Detail(seen.Luma) / Face.Detail(clip.Luma(0)), 0, 0.15),
            ("rocket", Rocket.Psnr(seen.Luma, clip.Luma(0)), Same, 99),
            ("flag", Flag.Psnr(seen.Luma, clip.Luma(0)), Same, 99)),
        ["face-blur/vtest"] = (seen, clip) => AtLeast(27, seen.Luma, clip, luma => luma),
        ["painterly/astronaut"] = (seen, clip) => All(
            ("like it", Area.Whole.Psnr(seen.Luma, clip.Luma(0)), 16, 32),
            ("simpler", new Area(0, 200, 640, 360).Detail(seen.Luma) / new Area(0, 200, 640, 360).Detail(clip.Luma(0)), 0.05, 0.9)),
        ["pose/astronaut"] = (seen, clip) => All(
            ("nose", new Area(262, 147, 298, 183).Highest(seen.Luma), 215, 255),
            ("limbs", new Area(60, 40, 190, 130).ColorsOf(seen), 40, 4000),
            ("rocket", Rocket.Psnr(seen.Luma, clip.Luma(0)), Same, 99)),
        ["pose/megamind"] = (seen, clip) => All(("limbs", new Area(0, 0, 320, 180).ColorsOf(seen), 40, 4000)),
        ["upscale/astronaut"] = (seen, clip) => All(
            ("width", seen.Width, 1280, 1280),
            ("height", seen.Height, 720, 720),
            ("halved", Area.Whole.Psnr(Halved(seen.Luma), clip.Luma(0)), Same, 99),
            ("detail", new Area(440, 190, 680, 460).Detail(seen.Luma) / new Area(440, 190, 680, 460).Detail(Doubled(clip.Luma(0))), 1.2, 5)),
    };

    public static TheoryData<string> Cases => [.. Checks.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_viewer_sees_what_the_workflow_makes_of_the_clip(string name)
    {
        string[] parts = name.Split('/');
        Clip clip = parts[1] switch
        {
            "astronaut" => Clip.Astronaut(),
            "megamind" => await Clip.ReadAsync("Megamind.avi", fromSecond: 1),
            _ => await Clip.ReadAsync("vtest.avi", fromSecond: 0),
        };
        Film film = Film.Shoot(Clip.Width, Clip.Height, clip.Draw);
        string channel = name.Replace('/', '-');
        await using FilmPublisher publisher = await FilmPublisher.StartAsync(Relay.Whip(channel, parts[0]), film);
        await using PictureViewer viewer = await PictureViewer.WatchAsync(Relay.Whep(channel));

        ViewedPicture? last = null;
        await Eventually.PassesAsync(
            async () =>
            {
                last = await viewer.NextAsync();
                (bool passes, string figures) = Checks[name](last, clip);
                return (passes ? "" : "not ") + figures;
            },
            said => !said.StartsWith("not ", StringComparison.Ordinal),
            $"{name} shows what it should");
        last!.Show(channel);
    }

    /// <summary>Those that do the work of a model that does not ship cannot be shown here.</summary>
    [Fact]
    public void Every_workflow_that_needs_no_download_is_looked_at()
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "workflows");
        IEnumerable<string> shipped = Directory.GetFiles(folder, "*.json").Where(path => !File.ReadAllText(path).Contains("\"DepthMap\"", StringComparison.Ordinal)).Select(path => Path.GetFileNameWithoutExtension(path)!);
        Assert.Equal(shipped.Order(), Checks.Keys.Select(name => name.Split('/')[0]).Distinct().Order());
    }

    /// <summary>Against the picture of the clip that it is most like.</summary>
    private static (bool, string) AtLeast(double least, double[,] luma, Clip clip, Func<double[,], double[,]> made)
    {
        double best = Enumerable.Range(0, clip.Length).Max(number => Area.Whole.Psnr(luma, made(clip.Luma(number))));
        return All(("best", best, least, 99));
    }

    private static (bool, string) All(params (string Name, double Value, double Least, double Most)[] figures) => (
        figures.All(figure => figure.Value >= figure.Least && figure.Value <= figure.Most),
        string.Join(", ", figures.Select(figure => string.Create(CultureInfo.InvariantCulture, $"{figure.Name} {figure.Value:F2} ({figure.Least} to {figure.Most})"))));

    private static double[,] Map(double[,] values, Func<double, double> map)
    {
        double[,] result = new double[values.GetLength(0), values.GetLength(1)];
        for (int y = 0; y < result.GetLength(0); y++)
        {
            for (int x = 0; x < result.GetLength(1); x++)
                result[y, x] = map(values[y, x]);
        }

        return result;
    }

    private static double[,] Halved(double[,] values)
    {
        double[,] result = new double[values.GetLength(0) / 2, values.GetLength(1) / 2];
        for (int y = 0; y < values.GetLength(0); y++)
        {
            for (int x = 0; x < values.GetLength(1); x++)
                result[y / 2, x / 2] += values[y, x] / 4;
        }

        return result;
    }

    /// <summary>By linear interpolation.</summary>
    private static double[,] Doubled(double[,] values)
    {
        double[,] result = new double[values.GetLength(0) * 2, values.GetLength(1) * 2];
        for (int y = 0; y < result.GetLength(0); y++)
        {
            for (int x = 0; x < result.GetLength(1); x++)
            {
                int row = Math.Clamp(y / 2 + (y % 2 == 0 ? -1 : 1), 0, values.GetLength(0) - 1);
                int column = Math.Clamp(x / 2 + (x % 2 == 0 ? -1 : 1), 0, values.GetLength(1) - 1);
                result[y, x] = (9 * values[y / 2, x / 2] + 3 * values[row, x / 2] + 3 * values[y / 2, column] + values[row, column]) / 16;
            }
        }

        return result;
    }

    /// <summary>A part of a picture.</summary>
    private readonly record struct Area(int Left, int Top, int Right, int Bottom)
    {
        public static Area Whole => new(0, 0, Clip.Width, Clip.Height);

        public double Detail(double[,] luma) => Pictures.Detail(luma, Left, Top, Right, Bottom);

        public double Psnr(double[,] luma, double[,] expected) =>
            luma.GetLength(0) < Bottom || luma.GetLength(1) < Right ? 0 : Pictures.Psnr(expected, luma, Left, Top, Right, Bottom);

        public double Highest(double[,] luma)
        {
            double highest = 0;
            for (int y = Top; y < Bottom; y++)
            {
                for (int x = Left; x < Right; x++)
                    highest = Math.Max(highest, luma[y, x]);
            }

            return highest;
        }

        public double PartAbove(double level, double[,] luma)
        {
            int count = 0;
            for (int y = Top; y < Bottom; y++)
            {
                for (int x = Left; x < Right; x++)
                    count += luma[y, x] > level ? 1 : 0;
            }

            return (double)count / ((Right - Left) * (Bottom - Top));
        }

        /// <summary>How much steeper the picture is where edges are drawn than elsewhere.</summary>
        public double SteepnessWhere(double[,] edges, double[,] luma)
        {
            (double on, double off, int count, int rest) = (0, 0, 1, 1);
            for (int y = Top + 1; y < Bottom - 1; y++)
            {
                for (int x = Left + 1; x < Right - 1; x++)
                {
                    double steepness = Math.Abs(luma[y, x + 1] - luma[y, x - 1]) + Math.Abs(luma[y + 1, x] - luma[y - 1, x]);
                    bool isEdge = edges[y, x] > 128;
                    (on, count) = isEdge ? (on + steepness, count + 1) : (on, count);
                    (off, rest) = isEdge ? (off, rest) : (off + steepness, rest + 1);
                }
            }

            return on / count / (off / rest);
        }

        /// <summary>Pixels of chroma in colours that nothing but a drawing has.</summary>
        public int ColorsOf(ViewedPicture picture)
        {
            int count = 0;
            for (int y = Top; y < Bottom; y++)
            {
                for (int x = Left; x < Right; x++)
                    count += Math.Max(Math.Abs(picture.Cb[y, x] - 128), Math.Abs(picture.Cr[y, x] - 128)) > 60 ? 1 : 0;
            }

            return count;
        }
    }
}
