using System.Reflection;
using System.Xml.Linq;
using NetArchTest.Rules;

namespace ComfyStream.Cli.Tests;

/// <summary>Which project may use which, as ARCHITECTURE.md has it.</summary>
public sealed class ArchitectureTests
{
    private static readonly Dictionary<string, string[]> _mayReference = new()
    {
        ["WebRtc"] = [],
        ["Media"] = [],
        ["Transport"] = ["WebRtc"],
        ["Workflows"] = ["Media"],
        ["Streaming"] = ["Transport", "WebRtc", "Media"],
        ["Client"] = ["Transport", "WebRtc", "Media"],
        ["Server"] = ["Streaming", "Workflows", "Client"],
        ["Cli"] = ["Server", "Client", "Workflows"],
    };

    public static TheoryData<string> Projects => [.. _mayReference.Keys];

    [Fact]
    public void Every_project_is_in_the_table() => Assert.Equal(
        _mayReference.Keys.Order(),
        Directory.GetDirectories(Path.Combine(Repository.Root, "src")).Select(folder => Path.GetFileName(folder)["ComfyStream.".Length..]).Order());

    [Theory, MemberData(nameof(Projects))]
    public void A_project_references_only_what_the_table_allows(string project)
    {
        IEnumerable<string> references = Load(project).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/'))["ComfyStream.".Length..]);
        Assert.Empty(references.Except(_mayReference[project]));
    }

    [Theory]
    [InlineData("Media", "ComfyStream.WebRtc")]
    [InlineData("WebRtc", "ComfyStream.Media")]
    [InlineData("WebRtc", "System.Net.Sockets.Socket")]
    [InlineData("Workflows", "ComfyStream.WebRtc")]
    [InlineData("Workflows", "System.Net.Http")]
    [InlineData("Streaming", "ComfyStream.Workflows")]
    [InlineData("Streaming", "Microsoft.AspNetCore")]
    [InlineData("Client", "ComfyStream.Streaming")]
    public void No_type_of_a_project_uses(string project, string other)
    {
        NetArchTest.Rules.TestResult result = Types.InAssembly(Assembly.Load($"ComfyStream.{project}")).ShouldNot().HaveDependencyOn(other).GetResult();
        Assert.True(result.IsSuccessful, $"{string.Join(", ", result.FailingTypeNames ?? [])} of {project} use {other}.");
    }

    [Theory]
    [InlineData("ComfyStream.Transport")]
    [InlineData("ComfyStream.WebRtc")]
    public void Http_knows_nothing_of_the_media_path(string other)
    {
        // The demo is a client of the server, and reads the states and clock of its connection. Options and the ports that are made of
        // them name how sockets work, and pass it on.
        NetArchTest.Rules.TestResult result = Types.InAssembly(Assembly.Load("ComfyStream.Server"))
            .That().DoNotResideInNamespace("ComfyStream.Server.Demo").And().DoNotResideInNamespace("ComfyStream.Server.Options").And().DoNotHaveName("MediaPorts").ShouldNot().HaveDependencyOn(other).GetResult();
        Assert.True(result.IsSuccessful, $"{string.Join(", ", result.FailingTypeNames ?? [])} use {other}.");
    }

    [Theory, MemberData(nameof(Projects))]
    public void No_type_or_folder_has_a_name_that_says_nothing(string project)
    {
        string[] empty = ["Common", "Core", "Utils", "Helpers", "Helper", "Manager", "Misc"];
        string folder = Path.Combine(Repository.Root, "src", $"ComfyStream.{project}");
        IEnumerable<string?> names = Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))
            .SelectMany(file => new[] { Path.GetFileNameWithoutExtension(file), Path.GetFileName(Path.GetDirectoryName(file)) });
        Assert.DoesNotContain(names, name => empty.Any(word => name!.EndsWith(word, StringComparison.Ordinal)));
    }

    [Theory, MemberData(nameof(Projects))]
    public void Packages_are_pinned_in_one_place(string project) =>
        Assert.DoesNotContain(Load(project).Descendants("PackageReference"), reference => reference.Attribute("Version") is not null);

    private static XDocument Load(string project) => XDocument.Load(Path.Combine(Repository.Root, "src", $"ComfyStream.{project}", $"ComfyStream.{project}.csproj"));
}
