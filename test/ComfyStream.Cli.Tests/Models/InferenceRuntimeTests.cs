using System.Runtime.InteropServices;

namespace ComfyStream.Cli.Tests.Models;

/// <summary>Another build of ONNX Runtime, as far as a machine without a GPU can show it.</summary>
public sealed class InferenceRuntimeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("runtime-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_build_in_another_place_is_used_and_the_start_says_so()
    {
        string copy = Path.Combine(_folder, "libonnxruntime-copy.so");
        File.Copy(Shipped, copy);
        await using ComfyStreamProcess server = ComfyStreamProcess.Start(["serve", "--port", "0", "--media-port", "0", "--workspace", _folder, "--onnxruntime-library", copy]);
        Assert.Contains($"from {copy}, on cpu", await server.LineWithAsync("ONNX Runtime "), StringComparison.Ordinal);
        Assert.Contains(copy, File.ReadAllText($"/proc/{server.ProcessId}/maps"), StringComparison.Ordinal);
        Assert.DoesNotContain(Shipped, File.ReadAllText($"/proc/{server.ProcessId}/maps"), StringComparison.Ordinal);
        Assert.Equal(0, await server.EndAsync(PosixSignal.SIGTERM));
    }

    [Theory]
    [InlineData("--onnxruntime-library /no/such/libonnxruntime.so", "is no file")]
    [InlineData("--onnxruntime-library TEXT", "cannot be loaded")]
    [InlineData("--onnxruntime-library OTHER", "is not ONNX Runtime")]
    [InlineData("--execution-provider cuda", "is not in this build of ONNX Runtime, which has cpu")]
    [InlineData("--execution-provider fast", "must be one of auto, ")]
    public async Task What_cannot_run_models_is_one_line_and_exit_code_2(string options, string problem)
    {
        File.WriteAllText(Path.Combine(_folder, "text.so"), "not a library");
        options = options.Replace("TEXT", Path.Combine(_folder, "text.so")).Replace("OTHER", Other);
        (int code, _, string errors) = await ComfyStreamProcess.RunAsync(["serve", "--port", "0", "--media-port", "0", "--workspace", _folder, .. options.Split(' ')]);
        Assert.Equal(2, code);
        Assert.Contains(problem, Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    private static string Shipped { get; } = Directory.GetFiles(AppContext.BaseDirectory, "libonnxruntime.so", SearchOption.AllDirectories)
        .First(file => file.Contains(RuntimeInformation.RuntimeIdentifier, StringComparison.Ordinal) || file.Contains($"linux-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}", StringComparison.Ordinal));

    /// <summary>A library that is something else.</summary>
    private static string Other { get; } = Directory.GetFiles(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "libSystem.Native.so")[0];
}
