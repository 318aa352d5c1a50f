using System.Globalization;

namespace ComfyStream.Benchmarks;

/// <summary>Options of the form <c>--name value</c>, and the switch <c>--smoke</c>.</summary>
internal sealed class Arguments
{
    private const string Smoke = "--smoke";

    private readonly Dictionary<string, string> _values = [];

    /// <exception cref="ArgumentException">An option is not one of <paramref name="names"/>, or has no value.</exception>
    public Arguments(string[] args, params string[] names)
    {
        IsSmoke = args.Contains(Smoke);
        args = [.. args.Where(arg => arg != Smoke)];
        for (int i = 0; i < args.Length; i += 2)
        {
            string name = args[i].StartsWith("--", StringComparison.Ordinal) ? args[i][2..] : "";
            if (!names.Contains(name))
                throw new ArgumentException($"'{args[i]}' is not an option here: {string.Join(", ", names.Select(known => "--" + known))}.");
            if (i + 1 == args.Length)
                throw new ArgumentException($"{args[i]} needs a value.");
            _values[name] = args[i + 1];
        }
    }

    /// <summary>Whether everything runs just long enough to show that it runs: the figures mean nothing.</summary>
    public bool IsSmoke { get; }

    public string Text(string name, string otherwise) => _values.GetValueOrDefault(name, otherwise);

    /// <exception cref="ArgumentException">It is not a number from 1 to <paramref name="most"/>.</exception>
    public int Number(string name, int otherwise, int most) =>
        !_values.TryGetValue(name, out string? text) ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= 1 && value <= most ? value
        : throw new ArgumentException($"--{name} is a number from 1 to {most}, not '{text}'.");

    /// <summary>The same, with another number where nothing was said and a smoke test runs.</summary>
    public int Number(string name, int otherwise, int smoke, int most) => Number(name, IsSmoke ? smoke : otherwise, most);

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

    private static bool IsSide(string text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value is >= 64 and <= 4096 && value % 2 == 0;
}
