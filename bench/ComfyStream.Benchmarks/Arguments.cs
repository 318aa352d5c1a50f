using System.Globalization;

namespace ComfyStream.Benchmarks;

/// <summary>Options of the form <c>--name value</c>, and switches, of which every verb has <c>--smoke</c>.</summary>
internal sealed class Arguments
{
    private const string Smoke = "smoke";

    private readonly Dictionary<string, string> _values = [];
    private readonly HashSet<string> _switches = [];

    /// <exception cref="ArgumentException">An option is not one of <paramref name="names"/>, or has no value.</exception>
    public Arguments(string[] args, params string[] names)
        : this(args, names, switches: [])
    {
    }

    /// <exception cref="ArgumentException">An option is neither one of <paramref name="names"/> nor a switch, or has no value.</exception>
    public Arguments(string[] args, string[] names, string[] switches)
    {
        for (int i = 0; i < args.Length; i++)
        {
            string name = args[i].StartsWith("--", StringComparison.Ordinal) ? args[i][2..] : "";
            if (name == Smoke || switches.Contains(name))
            {
                _switches.Add(name);
                continue;
            }

            if (!names.Contains(name))
                throw new ArgumentException($"'{args[i]}' is not an option here: {string.Join(", ", names.Concat(switches).Append(Smoke).Select(known => "--" + known))}.");
            if (i + 1 == args.Length)
                throw new ArgumentException($"{args[i]} needs a value.");
            _values[name] = args[++i];
        }
    }

    /// <summary>Whether everything runs just long enough to show that it runs: the figures mean nothing.</summary>
    public bool IsSmoke => Has(Smoke);

    /// <summary>Whether a switch, or an option with its value, was given.</summary>
    public bool Has(string name) => _switches.Contains(name) || _values.ContainsKey(name);

    public string Text(string name, string otherwise) => _values.GetValueOrDefault(name, otherwise);

    /// <exception cref="ArgumentException">It is not a number from <paramref name="least"/> to <paramref name="most"/>.</exception>
    public int Number(string name, int otherwise, int most, int least = 1) =>
        _values.TryGetValue(name, out string? text) ? Parse(name, text, least, most) : otherwise;

    /// <summary>The same, with another number where nothing was said and a smoke test runs.</summary>
    public int Number(string name, int otherwise, int smoke, int most, int least = 1) => Number(name, IsSmoke ? smoke : otherwise, most, least);

    /// <summary>Several of them, with commas between.</summary>
    /// <exception cref="ArgumentException">One is not a number from 1 to <paramref name="most"/>.</exception>
    public int[] Numbers(string name, string otherwise, string smoke, int most) =>
        [.. Text(name, IsSmoke ? smoke : otherwise).Split(',').Select(text => Parse(name, text, 1, most))];

    /// <exception cref="ArgumentException">It is not WIDTHxHEIGHT, both even.</exception>
    public (int Width, int Height) Size(string name, int width, int height)
    {
        if (!_values.TryGetValue(name, out string? text))
            return (width, height);
        string[] parts = text.Split('x');
        return parts.Length == 2 && IsSide(parts[0], out width) && IsSide(parts[1], out height)
            ? (width, height)
            : throw new ArgumentException($"--{name} is WIDTHxHEIGHT, even numbers from 64 to 4096 such as 1280x720, not '{text}'.");
    }

    private static int Parse(string name, string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most
            ? value
            : throw new ArgumentException($"--{name} is a number from {least} to {most}, not '{text}'.");

    private static bool IsSide(string text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value is >= 64 and <= 4096 && value % 2 == 0;
}
