using System.Globalization;
using System.Text.RegularExpressions;
using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Workflows.Tests.Reference;

/// <summary>The tables "How exact" of docs/nodes: what is promised there is what tests ask for.</summary>
internal static class NodeExactness
{
    private static readonly Dictionary<string, string[]> _rows = Directory.GetFiles(Path.Combine(Repository.Root, "docs", "nodes"), "*.md")
        .SelectMany(path => Regex.Matches(File.ReadAllText(path), @"^## How exact.*?\n(.*?)(?=^#|\z)", RegexOptions.Multiline | RegexOptions.Singleline))
        .SelectMany(table => Regex.Matches(table.Value, @"^\| `(\w+)` \|(.*)\|", RegexOptions.Multiline))
        .ToDictionary(row => row.Groups[1].Value, row => row.Groups[2].Value.Split('|', StringSplitOptions.TrimEntries));

    /// <summary>In dB; infinite where the page says "exact".</summary>
    public static double MinPsnr(string classType, PictureFormat format) =>
        Read(Row(classType)[format == PictureFormat.I420 ? 0 : 1], double.PositiveInfinity);

    private static string[] Row(string classType) =>
        _rows.TryGetValue(classType, out string[]? row) ? row : throw new ArgumentException($"docs/nodes does not say how exact {classType} is.");

    private static double Read(string cell, double exact) =>
        cell == "exact" ? exact : double.Parse(cell.Split(' ')[0], CultureInfo.InvariantCulture);
}
