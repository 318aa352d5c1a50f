using ComfyStream.Media;
using Microsoft.ML.OnnxRuntime;

namespace ComfyStream.Workflows.Models;

/// <summary>What ONNX Runtime can run a model on.</summary>
/// <param name="Name">As an operator writes it.</param>
/// <param name="NativeName">As the runtime lists it.</param>
/// <param name="Append">Lets a session use it.</param>
internal sealed record ExecutionProvider(string Name, string NativeName, Action<SessionOptions> Append)
{
    /// <summary>Stands for the best of those that <see cref="IsAutomatic"/>.</summary>
    public const string Auto = "auto";

    /// <summary>Whether <see cref="Auto"/> may choose it. Not TensorRT: it takes minutes to build its engines at the first start.</summary>
    public bool IsAutomatic { get; init; } = true;

    public static ExecutionProvider Cpu { get; } = new("cpu", "CPUExecutionProvider", static _ => { });

    /// <summary>Best first.</summary>
    public static IReadOnlyList<ExecutionProvider> All { get; } =
    [
        new("tensorrt", "TensorrtExecutionProvider", static options =>
        {
            options.AppendExecutionProvider_Tensorrt();
            options.AppendExecutionProvider_CUDA();
        }) { IsAutomatic = false },
        new("cuda", "CUDAExecutionProvider", static options => options.AppendExecutionProvider_CUDA()),
        new("migraphx", "MIGraphXExecutionProvider", static options => options.AppendExecutionProvider_MIGraphX()),
        new("rocm", "ROCMExecutionProvider", static options => options.AppendExecutionProvider_ROCm()),
        new("openvino", "OpenVINOExecutionProvider", static options => options.AppendExecutionProvider_OpenVINO()),
        Cpu,
    ];

    /// <summary>Finds the provider that is asked for among those that a build has.</summary>
    /// <param name="asked">A name, or <see cref="Auto"/>.</param>
    /// <param name="available">Names as the runtime lists them.</param>
    /// <param name="whyNot">Tries one; says why it does not work, or null.</param>
    /// <returns>The provider, and what an operator should know of others that were passed over.</returns>
    /// <exception cref="MediaException">It is not to be had.</exception>
    public static (ExecutionProvider Provider, string Notes) Pick(string asked, IReadOnlyList<string> available, Func<ExecutionProvider, string?> whyNot)
    {
        ExecutionProvider[] here = [.. All.Where(provider => available.Contains(provider.NativeName))];
        if (asked == Auto)
            return PickBest(here, whyNot);

        ExecutionProvider wanted = All.FirstOrDefault(provider => provider.Name == asked)
            ?? throw new MediaException($"--execution-provider '{asked}' must be one of {Auto}, {Names(All)}.");
        if (!here.Contains(wanted))
            throw new MediaException($"--execution-provider {asked} is not in this build of ONNX Runtime, which has {Names(here)}. Name a build that has it: --onnxruntime-library PATH.");
        if (whyNot(wanted) is { } reason)
            throw new MediaException($"--execution-provider {asked} does not start: {reason} Install what it needs, or choose another of {Names(here)}.");
        return (wanted, "");
    }

    private static (ExecutionProvider Provider, string Notes) PickBest(ExecutionProvider[] here, Func<ExecutionProvider, string?> whyNot)
    {
        string notes = "";
        foreach (ExecutionProvider provider in here.Where(provider => provider.IsAutomatic && provider != Cpu))
        {
            if (whyNot(provider) is not { } reason)
                return (provider, notes);
            notes += $"; {provider.Name} does not start: {reason}";
        }

        return (Cpu, notes);
    }

    private static string Names(IEnumerable<ExecutionProvider> providers) => string.Join(", ", providers.Select(provider => provider.Name));
}
