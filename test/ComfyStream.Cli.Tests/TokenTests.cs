using System.Security.Cryptography;
using System.Text;

namespace ComfyStream.Cli.Tests;

public sealed class TokenTests
{
    [Fact]
    public async Task A_new_token_is_shown_with_the_entry_that_knows_it_by_its_digest()
    {
        (int code, string output, string errors) = await ComfyStreamProcess.RunAsync("token", "new", "--rights", "view,raw", "--channels", "cam*", "--name", "alice");
        Assert.Equal(0, code);
        Assert.Empty(errors);
        string token = Assert.Single(output.Split('\n'), line => line.StartsWith("  cst_", StringComparison.Ordinal)).Trim();
        string digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        Assert.Contains($$"""{ "name": "alice", "sha256": "{{digest}}", "rights": ["view", "raw"], "channels": ["cam*"] }""", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--rights=fly", "fly")]
    [InlineData("--rights=view --channels=a/raw", "a/raw")]
    [InlineData("", "--rights")]
    public async Task What_cannot_be_a_token_is_one_line_and_exit_code_2(string options, string named)
    {
        (int code, _, string errors) = await ComfyStreamProcess.RunAsync(["token", "new", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.Equal(2, code);
        Assert.Contains(named, Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }
}
