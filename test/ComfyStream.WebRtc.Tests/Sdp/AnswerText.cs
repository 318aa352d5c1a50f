namespace ComfyStream.WebRtc.Tests.Sdp;

/// <summary>A description split into lines by plain string work, so that answers are not judged by our own reader.</summary>
internal sealed class AnswerText
{
    public AnswerText(string sdp)
    {
        var session = new List<string>();
        var sections = new List<List<string>>();
        foreach (string line in sdp.Split("\r\n", StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("m=", StringComparison.Ordinal))
                sections.Add([]);

            (sections.Count == 0 ? session : sections[^1]).Add(line);
        }

        Session = session;
        Sections = sections;
    }

    public IReadOnlyList<string> Session { get; }

    public IReadOnlyList<IReadOnlyList<string>> Sections { get; }

    /// <summary>The sections that are not switched off.</summary>
    public IEnumerable<IReadOnlyList<string>> Accepted => Sections.Where(lines => lines[0].Split(' ')[1] != "0");

    public IReadOnlyList<string> Video => Sections.First(lines => lines[0].StartsWith("m=video", StringComparison.Ordinal));

    public IReadOnlyList<string> Audio => Sections.First(lines => lines[0].StartsWith("m=audio", StringComparison.Ordinal));

    /// <summary>The values of an attribute in a list of lines.</summary>
    public static IReadOnlyList<string> Values(IReadOnlyList<string> lines, string attribute) =>
        [.. lines.Where(line => line.StartsWith($"a={attribute}:", StringComparison.Ordinal)).Select(line => line[(attribute.Length + 3)..])];

    /// <summary>The formats of the m= line.</summary>
    public static string[] Formats(IReadOnlyList<string> lines) => lines[0].Split(' ')[3..];
}
