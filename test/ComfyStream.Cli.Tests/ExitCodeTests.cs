using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace ComfyStream.Cli.Tests;

public sealed class ExitCodeTests : IDisposable
{
    private readonly string _workspace = Directory.CreateTempSubdirectory("comfystream-test-").FullName;

    public void Dispose() => Directory.Delete(_workspace, recursive: true);

    [Theory]
    [InlineData("--nonsense", "nonsense")]
    [InlineData("--port=x", "--port")]
    [InlineData("--advertise=0.0.0.0", "--advertise")]
    [InlineData("--workflow=no-such-workflow", "no-such-workflow")]
    [InlineData("--workspace=/dev/null", "--workspace")]
    [InlineData("--host=no-such-host.invalid", "--host")]
    [InlineData("--config=/nowhere/relay.json", "/nowhere/relay.json")]
    public async Task What_the_operator_can_mend_is_one_line_and_exit_code_2(string option, string named)
    {
        string[] arguments = option.StartsWith("--workspace", StringComparison.Ordinal) ? Serve() : Serve("--workspace", _workspace);
        await ExpectRefusal([.. arguments, option], named);
    }

    [Fact]
    public async Task An_unknown_verb_is_one_line_and_exit_code_2() => await ExpectRefusal(["dance"], "dance");

    [Fact]
    public async Task An_unknown_key_in_the_config_file_is_named()
    {
        string file = Path.Combine(_workspace, "relay.json");
        await File.WriteAllTextAsync(file, """{ "channels": { "stage": { "worflow": "invert" } } }""", TestContext.Current.CancellationToken);
        await ExpectRefusal([.. Serve("--workspace", _workspace), "--config", file], "channels.stage.worflow");
    }

    [Fact]
    public async Task A_port_in_use_is_one_line_and_exit_code_2()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        await ExpectRefusal(["serve", "--workspace", _workspace, "--media-port", "0", "--port", $"{port}"], $"port {port}");
    }

    [Theory]
    [InlineData(PosixSignal.SIGTERM)]
    [InlineData(PosixSignal.SIGINT)]
    public async Task A_signal_ends_it_with_exit_code_0(PosixSignal signal)
    {
        await using ComfyStreamProcess program = ComfyStreamProcess.Start(Serve("--workspace", _workspace));
        await program.LineWithAsync("Workspace");
        Assert.Equal(0, await program.EndAsync(signal));
    }

    [Fact]
    public async Task The_start_says_where_to_go_what_runs_and_how_to_choose_another()
    {
        await using ComfyStreamProcess program = ComfyStreamProcess.Start(Serve("--workspace", _workspace));
        string open = await program.LineWithAsync("Open");
        Assert.Contains("passthrough", await program.LineWithAsync("Workflow"), StringComparison.Ordinal);
        Assert.Contains("--workflow", await program.LineWithAsync("others"), StringComparison.Ordinal);
        Assert.Contains("announced", await program.LineWithAsync("Media"), StringComparison.Ordinal);

        using var http = new HttpClient();
        string page = await http.GetStringAsync(open[open.IndexOf("http", StringComparison.Ordinal)..], TestContext.Current.CancellationToken);
        Assert.Contains("<video", page, StringComparison.Ordinal);
        Assert.Equal(0, await program.EndAsync(PosixSignal.SIGTERM));
    }

    [Fact]
    public async Task Flags_win_over_the_config_file()
    {
        string file = Path.Combine(_workspace, "relay.json");
        await File.WriteAllTextAsync(file, """{ "workflow": "no-such-workflow", "advertise": ["192.0.2.9"] }""", TestContext.Current.CancellationToken);
        await using ComfyStreamProcess program = ComfyStreamProcess.Start(Serve("--workspace", _workspace, "--config", file, "--workflow", "passthrough"));
        await program.LineWithAsync("passthrough");
        Assert.Contains("192.0.2.9", await program.LineWithAsync("Media"), StringComparison.Ordinal);
        Assert.Equal(0, await program.EndAsync(PosixSignal.SIGTERM));
    }

    private static string[] Serve(params string[] more) => ["serve", "--port", "0", "--media-port", "0", .. more];

    private static async Task ExpectRefusal(string[] arguments, string named)
    {
        (int code, _, string errors) = await ComfyStreamProcess.RunAsync(arguments);
        Assert.Equal(2, code);
        string line = Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("comfystream: ", line, StringComparison.Ordinal);
        Assert.Contains(named, line, StringComparison.Ordinal);
    }
}
