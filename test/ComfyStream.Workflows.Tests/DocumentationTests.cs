using System.Globalization;
using System.Text.RegularExpressions;
using ComfyStream.Workflows.Models;
using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Workflows.Tests;

/// <summary>What docs/workflows.md and the pages about nodes say is so.</summary>
public sealed partial class DocumentationTests
{
    private static readonly string Text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "workflows.md"));
    private static readonly string Nodes = string.Concat(Directory.GetFiles(Path.Combine(Repository.Root, "docs", "nodes"), "*.md").Select(File.ReadAllText));

    [Fact]
    public void The_example_is_a_workflow() => Assert.Empty(Graphs.ProblemsOf(Example().Match(Text).Groups[1].Value));

    [Fact]
    public void Every_node_is_described_with_every_input_and_its_default()
    {
        foreach (NodeDescriptor descriptor in NodeCatalog.BuiltIn.Descriptors)
        {
            string classType = descriptor.ClassType;
            string section = Regex.Match(Nodes, $@"^### {classType}\b.*?(?=^#|\z)", RegexOptions.Multiline | RegexOptions.Singleline).Value;
            string output = descriptor.Outputs.Count == 0 ? "" : $" → {string.Join(", ", descriptor.Outputs.Select(output => output.Name))}";
            Assert.StartsWith($"### {classType}{output}\n", section);
            foreach (NodeInput input in descriptor.Inputs)
            {
                string row = Assert.Single(section.Split('\n'), line => line.StartsWith('|') && line.Split('|')[1].Contains($"`{input.Name}`"));
                Assert.Contains(Expected(input), row.Split('|')[2]);
            }
        }
    }

    [Fact]
    public void Every_workflow_that_ships_is_described() =>
        Assert.All(Directory.GetFiles(Repository.Workflows, "*.json"), path => Assert.Contains($"\n| `{Path.GetFileNameWithoutExtension(path)}` | ", Text));

    [Fact]
    public void Every_model_of_the_manifests_is_in_the_list_with_its_licence()
    {
        string[] rows = File.ReadAllLines(Path.Combine(Repository.Root, "docs", "models.md"));
        Assert.All(new ModelLibrary([Repository.Models]).List(out _), manifest => Assert.Contains(rows, row =>
            row.StartsWith('|') && row.Contains(manifest.Licence.Replace("-only", ""), StringComparison.Ordinal)
            && (row.Contains($"`{manifest.Id}`", StringComparison.Ordinal) || row.Contains($"`-{manifest.Id.Split('-', manifest.Id.StartsWith("fast") ? 4 : 2)[^1]}`", StringComparison.Ordinal))));
    }

    [Fact]
    public void The_example_of_a_manifest_is_one()
    {
        string folder = Directory.CreateTempSubdirectory("manifest-").FullName;
        string file = Path.Combine(folder, "my-style.json");
        File.WriteAllText(file, Example().Match(File.ReadAllText(Path.Combine(Repository.Root, "docs", "models.md"))).Groups[1].Value);
        Assert.Equal("image", ModelLibrary.Read(file).Task);
        Directory.Delete(folder, recursive: true);
    }

    private static string Expected(NodeInput input) => input switch
    {
        LinkInput link => link.Type.Name,
        NumberInput number => string.Create(CultureInfo.InvariantCulture, $"{number.Min} to {number.Max} ({number.Default})"),
        IntegerInput { Step: 1 } number => $"{number.Min} to {number.Max} ({number.Default})",
        IntegerInput number => $"{number.Min}, {number.Min + number.Step}, {number.Min + 2 * number.Step} ... {number.Max} ({number.Default})",
        BooleanInput boolean => $"true, false ({(boolean.Default ? "true" : "false")})",
        ChoiceInput choice => $"{string.Join(", ", choice.Choices.Select(word => $"`{word}`"))} (`{choice.Default}`)",
        TextInput text => text.Default.Length == 0 ? "text (empty)" : $"text (`{text.Default}`)",
        PictureFileInput => "file (empty)",
        _ => throw new ArgumentOutOfRangeException(nameof(input), input, "An input of a new kind."),
    };

    [GeneratedRegex("```json\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();
}
