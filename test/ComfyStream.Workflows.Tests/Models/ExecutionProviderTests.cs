using ComfyStream.Media;
using ComfyStream.Workflows.Models;

namespace ComfyStream.Workflows.Tests.Models;

public sealed class ExecutionProviderTests
{
    private static readonly string[] Gpu = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"];
    private static readonly string[] CpuOnly = ["AzureExecutionProvider", "CPUExecutionProvider"];

    [Fact]
    public void Auto_takes_the_best_that_starts_and_leaves_TensorRT_to_those_who_ask()
    {
        Assert.Equal("cuda", ExecutionProvider.Pick("auto", Gpu, _ => null).Provider.Name);
        Assert.Equal("tensorrt", ExecutionProvider.Pick("tensorrt", Gpu, _ => null).Provider.Name);
        Assert.Equal("openvino", ExecutionProvider.Pick("auto", ["OpenVINOExecutionProvider", .. CpuOnly], _ => null).Provider.Name);
    }

    [Fact]
    public void Auto_falls_back_to_the_CPU_and_says_why()
    {
        (ExecutionProvider provider, string notes) = ExecutionProvider.Pick("auto", Gpu, _ => "no driver");
        Assert.Equal(("cpu", "; cuda does not start: no driver"), (provider.Name, notes));
        Assert.Equal(("cpu", ""), (ExecutionProvider.Pick("auto", CpuOnly, _ => null).Provider.Name, ExecutionProvider.Pick("auto", CpuOnly, _ => null).Notes));
    }

    [Theory]
    [InlineData("cuda", "--execution-provider cuda is not in this build of ONNX Runtime, which has cpu. Name a build that has it: --onnxruntime-library PATH.")]
    [InlineData("gpu", "--execution-provider 'gpu' must be one of auto, tensorrt, cuda, migraphx, rocm, openvino, cpu.")]
    public void One_that_is_not_there_is_told_in_one_line(string asked, string line) =>
        Assert.Equal(line, Assert.Throws<MediaException>(() => ExecutionProvider.Pick(asked, CpuOnly, _ => null)).Message);

    [Fact]
    public void One_that_does_not_start_is_told_with_its_reason() => Assert.Equal(
        "--execution-provider cuda does not start: no driver. Install what it needs, or choose another of tensorrt, cuda, cpu.",
        Assert.Throws<MediaException>(() => ExecutionProvider.Pick("cuda", Gpu, _ => "no driver.")).Message);
}
