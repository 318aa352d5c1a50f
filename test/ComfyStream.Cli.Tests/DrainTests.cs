namespace ComfyStream.Cli.Tests;

public sealed class DrainTests : IDisposable
{
    private readonly string _workspace = Directory.CreateTempSubdirectory("comfystream-test-").FullName;

    public void Dispose() => Directory.Delete(_workspace, recursive: true);

    [Fact]
    public async Task Sigusr1_drains_a_server_and_it_ends_with_exit_code_0()
    {
        await using ComfyStreamProcess server = Start();
        await server.LineWithAsync("Workspace");
        Assert.Equal(0, await server.DrainAsync());
    }

    [Fact]
    public async Task Drain_tells_what_is_left_and_waits_for_the_end_of_the_server()
    {
        await using ComfyStreamProcess server = Start();
        string open = await server.LineWithAsync("Open");
        (int code, string output, string errors) = await ComfyStreamProcess.RunAsync("drain", "--deadline", "30", "--address", open[open.IndexOf("http", StringComparison.Ordinal)..].Trim());
        Assert.Equal((0, ""), (code, errors));
        Assert.Contains("0 sessions are left", output, StringComparison.Ordinal);
        Assert.Contains("The server has ended.", output, StringComparison.Ordinal);
        Assert.Equal(0, await server.ExitAsync());
    }

    [Fact]
    public async Task Without_a_server_it_is_one_line_and_exit_code_2()
    {
        (int code, _, string errors) = await ComfyStreamProcess.RunAsync("drain", "--address", "http://127.0.0.1:1");
        Assert.Equal(2, code);
        Assert.Contains("127.0.0.1:1", Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    private ComfyStreamProcess Start() => ComfyStreamProcess.Start("serve", "--port", "0", "--media-port", "0", "--workspace", _workspace);
}
