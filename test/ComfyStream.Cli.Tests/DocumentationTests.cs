using System.Text.RegularExpressions;
using ComfyStream.Server.Limits;
using ComfyStream.Server.Options;

namespace ComfyStream.Cli.Tests;

public sealed partial class DocumentationTests
{
    [Fact]
    public void Every_requirement_of_the_brief_has_one_row()
    {
        int[] last = [8, 18, 22, 35, 45, 59, 72, 87, 94, 105, 117];
        int[] first = [1, 10, 20, 30, 40, 50, 60, 80, 90, 100, 110];
        IEnumerable<string> expected = first.Zip(last)
            .SelectMany(range => Enumerable.Range(range.First, range.Second - range.First + 1))
            .Select(number => $"R{number:000}")
            .Concat(Enumerable.Range(1, 8).Select(number => $"W{number:00}"));
        Assert.Equal(expected, Row().Matches(Read("docs/brief.md")).Select(row => row.Groups[1].Value));
    }

    [Fact]
    public void Every_row_of_the_protocol_checklist_is_there_once_and_names_a_test_of_its_number_unless_it_says_why_not()
    {
        IEnumerable<string> expected = Rows("W", 1, 18).Concat(Rows("W", 20, 38)).Concat(Rows("W", 40, 54)).Concat(Rows("W", 60, 70)).Concat(Rows("E", 1, 12))
            .Concat(Rows("T", 1, 5)).Concat(Rows("T", 10, 19)).Concat(Rows("4.3.", 1, 7)).Concat(Rows("4.4.", 1, 2)).Concat(Rows("T", 30, 42));
        Match[] rows = ProtocolRow().Matches(Read("docs/protocol-support.md")).ToArray();
        Assert.Equal(expected, rows.Select(row => row.Groups["id"].Value));
        foreach (Match row in rows)
        {
            string id = row.Groups["id"].Value, state = row.Groups["state"].Value, reasons = row.Groups["reasons"].Value;
            Assert.Contains(state, new[] { "held", "decided", "partly", "waits", "does not apply" });
            if (state is "held" or "decided" or "partly")
                Assert.True(TestName().Matches(reasons).Any(test => id[0] == '4' || HasNumber(test.Value, id)), $"{id} names no test of its number.");
            if (state != "held")
                Assert.True(TestName().Replace(reasons, "").Trim(' ', ',', ';').Length > 3, $"{id} does not say why it is not held.");
        }

        static IEnumerable<string> Rows(string section, int first, int last) => Enumerable.Range(first, last - first + 1).Select(number => section + number);

        // A table of offers has the numbers in its rows.
        static bool HasNumber(string test, string id) => test.Split('.', '_', '`').Contains(id) || test.Contains(".W20_to_W36_", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("docs/brief.md")]
    [InlineData("docs/interoperability.md")]
    [InlineData("docs/protocol-support.md")]
    public void Every_test_that_something_is_held_by_exists(string page)
    {
        string[] named = [.. TestName().Matches(Read(page)).Select(match => match.Value.Trim('`')).Distinct()];
        Assert.NotEmpty(named);
        Assert.Empty(named.Except(Tests()));
    }

    [Fact]
    public void No_page_holds_both_sides_of_a_merge()
    {
        Assert.NotEmpty(Pages());
        Assert.DoesNotContain(Pages(), page => File.ReadLines(page).Any(line => line.StartsWith("<<<<<<< ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_option_stands_in_the_configuration_with_its_key()
    {
        string page = Read("docs/configuration.md");
        foreach (ServeSetting setting in ServeSettings.All)
        {
            string flag = setting.ValueName is { } value ? $"--{setting.Name} {value.Replace("|", @"\|", StringComparison.Ordinal)}" : $"--{setting.Name}";
            Assert.Contains($"| `{flag}` | `{setting.Key}` |", page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_limit_stands_in_the_threat_model_with_its_default()
    {
        string page = Read("docs/security.md");
        foreach (LimitSetting setting in LimitConfig.All)
            Assert.Contains(FormattableString.Invariant($"| `{setting.Key}` | {setting.Get(new LimitOptions())} |"), page, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_link_to_a_file_leads_to_one()
    {
        IEnumerable<string> broken =
            from page in Pages()
            from Match link in Link().Matches(File.ReadAllText(page))
            let target = link.Groups[1].Value
            where !File.Exists(Path.Combine(Path.GetDirectoryName(page)!, target)) && !Directory.Exists(Path.Combine(Path.GetDirectoryName(page)!, target))
            select $"{Path.GetRelativePath(Repository.Root, page)}: {target}";
        Assert.Empty(broken);
    }

    private static IEnumerable<string> Pages() => Directory.EnumerateFiles(Repository.Root, "*.md")
        .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories));

    private static string Read(string path) => File.ReadAllText(Path.Combine(Repository.Root, path));

    private static IEnumerable<string> Tests() =>
        from file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "test"), "*Tests.cs", SearchOption.AllDirectories)
        from Match method in TestMethod().Matches(File.ReadAllText(file))
        select $"{Path.GetFileNameWithoutExtension(file)}.{method.Groups[1].Value}";

    [GeneratedRegex(@"^\| ([RW]\d+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"^\| (?<id>[WET]\d+|4\.\d\.\d) \| (?<what>[^|]+) \| (?<state>[^|]+) \| (?<reasons>[^|]+) \|$", RegexOptions.Multiline)]
    private static partial Regex ProtocolRow();

    [GeneratedRegex(@"`\w+Tests\.\w+`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"^\s*public (?:async )?(?:void|Task|ValueTask) (\w+)\(", RegexOptions.Multiline)]
    private static partial Regex TestMethod();

    // Links within a page and to other hosts are left out.
    [GeneratedRegex(@"\]\(((?!\w+:|#)[^)#\s]+)")]
    private static partial Regex Link();
}
