namespace ComfyStream.Cli.Tests.Models;

/// <summary>The verbs as a user runs them, on a workspace of their own.</summary>
public sealed class ModelCommandTests : IDisposable
{
    private static readonly string Shipped = Path.Combine(Repository.Root, "models", "anime4k-x2-s.onnx");

    private readonly string _workspace = Directory.CreateTempSubdirectory("workspace-").FullName;

    public void Dispose() => Directory.Delete(_workspace, recursive: true);

    [Fact]
    public async Task The_list_shows_what_ships_and_what_can_be_added_with_licences()
    {
        (int code, string output, string errors) = await ModelAsync("list");
        Assert.Equal(0, code);
        Assert.Empty(errors);
        Assert.Matches(@"(?m)^anime4k-x2-s +ships +upscale +MIT ", output);
        Assert.Matches(@"(?m)^rvm-mobilenetv3 +can be added +person-segmentation +GPL-3.0-only ", output);
    }

    [Fact]
    public async Task A_model_of_ones_own_is_added_verified_and_removed()
    {
        await using var source = new LoopbackSource(LoopbackSource.File(File.ReadAllBytes(Shipped), breaksOffAfter: 5000), LoopbackSource.File(File.ReadAllBytes(Shipped)));
        string manifest = WriteManifest($"\"url\": \"{source.Url}\", \"licence_note\": \"Mind it.\",");
        (int code, string output, string errors) = await ModelAsync("add", manifest, "--accept-licence");
        Assert.Equal(0, code);
        Assert.Contains("Licence  MIT (https://example.org/licence)", output, StringComparison.Ordinal);
        Assert.Contains("Mind it.", output, StringComparison.Ordinal);
        Assert.Contains("Nobody had verified this checksum", output, StringComparison.Ordinal);
        Assert.Contains("Going on", errors, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(Shipped), File.ReadAllBytes(ModelFile));

        (_, output, _) = await ModelAsync("list");
        Assert.Matches(@"(?m)^my-model +here +upscale +MIT ", output);
        (code, output, _) = await ModelAsync("verify");
        Assert.Equal(0, code);
        Assert.Contains("my-model is as it should be", output, StringComparison.Ordinal);
        Assert.Contains("movenet-lightning is as it should be", output, StringComparison.Ordinal);

        File.AppendAllText(ModelFile, "x");
        (code, _, errors) = await ModelAsync("verify", "my-model");
        Assert.Equal(2, code);
        Assert.Contains("my-model was changed", errors, StringComparison.Ordinal);

        (code, output, _) = await ModelAsync("remove", "my-model");
        Assert.Equal(0, code);
        Assert.False(File.Exists(ModelFile));
        (_, output, _) = await ModelAsync("list");
        Assert.Matches(@"(?m)^my-model +can be added ", output);
    }

    [Fact]
    public async Task Nothing_is_fetched_before_the_licence_is_accepted()
    {
        await using var source = new LoopbackSource(LoopbackSource.File(File.ReadAllBytes(Shipped)));
        (int code, string output, string errors) = await ModelAsync("add", WriteManifest($"\"url\": \"{source.Url}\","));
        Assert.Equal(2, code);
        Assert.Contains("Licence  MIT", output, StringComparison.Ordinal);
        Assert.True(errors.Contains("--accept-licence", StringComparison.Ordinal) || output.Contains("Nothing was fetched", StringComparison.Ordinal));
        Assert.Empty(source.Requests);
        Assert.False(File.Exists(ModelFile));
    }

    [Fact]
    public async Task A_file_with_another_checksum_leaves_nothing_behind()
    {
        (int code, _, string errors) = await ModelAsync("add", WriteManifest(""), "-y", "--source", Shipped, "--sha256", new string('0', 64));
        Assert.Equal(2, code);
        Assert.Contains("is expected. It was removed.", errors, StringComparison.Ordinal);
        Assert.False(File.Exists(ModelFile));
    }

    [Fact]
    public async Task A_web_page_in_place_of_a_model_is_refused()
    {
        string page = Path.Combine(_workspace, "page.html");
        File.WriteAllText(page, "<html>Please log in.</html>");
        (int code, _, string errors) = await ModelAsync("add", WriteManifest(""), "-y", "--source", page);
        Assert.Equal(2, code);
        Assert.Contains("What was fetched is not my-model, and was removed", errors, StringComparison.Ordinal);
        Assert.False(File.Exists(ModelFile));
    }

    [Theory]
    [InlineData("add no-such-model -y", "There is no model named no-such-model")]
    [InlineData("add anime4k-x2-s -y", "It ships with ComfyStream")]
    [InlineData("add modnet -y --sha256 12", "--sha256 must be 64 hex digits")]
    [InlineData("add modnet -y --source /no/such/file", "neither a file that is there nor")]
    [InlineData("remove anime4k-x2-s", "ships with ComfyStream and stays")]
    [InlineData("remove modnet", "modnet is not here")]
    [InlineData("verify modnet", "./comfystream model add modnet")]
    [InlineData("add", "Required argument missing")]
    public async Task What_cannot_be_done_is_one_line_and_exit_code_2(string arguments, string problem)
    {
        (int code, _, string errors) = await ModelAsync(arguments.Split(' '));
        Assert.Equal(2, code);
        Assert.Contains(problem, Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    private string ModelFile => Path.Combine(_workspace, "models", "my-model.onnx");

    private string WriteManifest(string fields)
    {
        string path = Path.Combine(_workspace, "my-model.json");
        File.WriteAllText(path,
            $$"""
            {
              "id": "my-model", "task": "upscale", "licence": "MIT", "licence_url": "https://example.org/licence", "source": "this test", {{fields}}
              "input": { "multiple_of": 2 }, "output": { "kind": "luma-residual" }
            }
            """);
        return path;
    }

    private Task<(int ExitCode, string Output, string Errors)> ModelAsync(params string[] arguments) =>
        ComfyStreamProcess.RunAsync(["model", .. arguments, "--workspace", _workspace]);
}
