using ComfyStream.Server.Options;

namespace ComfyStream.Cli.Tests;

public sealed class HelpTests
{
    [Theory]
    [InlineData]
    [InlineData("--help")]
    public async Task The_help_names_the_verbs_and_teaches_by_examples(params string[] arguments)
    {
        (int code, string output, string errors) = await ComfyStreamProcess.RunAsync(arguments);
        Assert.Equal(0, code);
        Assert.Empty(errors);
        Assert.Contains("serve", output, StringComparison.Ordinal);
        Assert.Contains("./comfystream serve --demo", output, StringComparison.Ordinal);
        Assert.Contains("./comfystream bench", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_help_of_serve_has_every_option_with_its_default()
    {
        (int code, string output, _) = await ComfyStreamProcess.RunAsync("serve", "--help");
        Assert.Equal(0, code);
        foreach (ServeSetting setting in ServeSettings.All)
            Assert.Contains($"--{setting.Name}", output, StringComparison.Ordinal);
        Assert.Contains("--config", output, StringComparison.Ordinal);
        foreach (string known in new[] { "127.0.0.1", "8889", "8890", "passthrough", "Default 2M", "Examples:" })
            Assert.Contains(known, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_version_is_one_line()
    {
        (int code, string output, _) = await ComfyStreamProcess.RunAsync("--version");
        Assert.Equal(0, code);
        Assert.Matches(@"^\d+\.\d+\.\d+\S*\n$", output);
    }
}
