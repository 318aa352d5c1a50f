using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ComfyStream.Workflows.Models;

/// <summary>Compares a manifest with the model that it is of.</summary>
internal static class ManifestFit
{
    private static readonly Dictionary<Type, TensorElementType> _types = new()
    {
        [typeof(float)] = TensorElementType.Float,
        [typeof(double)] = TensorElementType.Double,
        [typeof(Float16)] = TensorElementType.Float16,
        [typeof(byte)] = TensorElementType.UInt8,
        [typeof(bool)] = TensorElementType.Bool,
        [typeof(int)] = TensorElementType.Int32,
        [typeof(long)] = TensorElementType.Int64,
    };

    public static TensorElementType ElementType(NodeMetadata metadata) =>
        metadata.IsTensor && _types.TryGetValue(metadata.ElementType, out TensorElementType type) ? type : TensorElementType.DataTypeMax;

    /// <summary>Says all that does not fit, and finds the names that the manifest leaves open.</summary>
    public static IReadOnlyList<string> Check(ModelManifest manifest, InferenceSession session, out string inputName, out string[] outputNames)
    {
        var problems = new List<string>();
        string[] others = [.. manifest.States.Select(state => state.Input), .. manifest.Constants.Select(constant => constant.Input)];
        string[] pictures = [.. session.InputNames.Except(others)];
        inputName = manifest.Input.Name.Length > 0 ? manifest.Input.Name : pictures.Length == 1 ? pictures[0] : "";
        if (inputName.Length == 0)
            problems.Add($"input.name is missing, and the model has the inputs {Names(session.InputNames)}");
        outputNames = [.. manifest.Outputs.Select((output, i) => output.Name.Length > 0 ? output.Name : session.OutputNames.ElementAtOrDefault(i) ?? $"number {i + 1}")];

        string[] needed = inputName.Length == 0 ? others : [inputName, .. others];
        problems.AddRange(needed.Except(session.InputNames).Select(name => $"it has no input {name} (it has {Names(session.InputNames)})"));
        if (inputName.Length > 0)
            problems.AddRange(session.InputNames.Except(needed).Select(name => $"it has the input {name}, too, which the manifest does not name"));
        problems.AddRange(outputNames.Concat(manifest.States.Select(state => state.Output)).Except(session.OutputNames)
            .Select(name => $"it has no output {name} (it has {Names(session.OutputNames)})"));
        if (session.InputMetadata.TryGetValue(inputName, out NodeMetadata? metadata))
            CheckInput(manifest.Input, inputName, metadata, problems);
        foreach (string name in others.Where(session.InputMetadata.ContainsKey))
        {
            if (ElementType(session.InputMetadata[name]) == TensorElementType.DataTypeMax)
                problems.Add($"the input {name} is of a type that is not supported");
        }

        return problems;
    }

    private static void CheckInput(ModelInput input, string name, NodeMetadata metadata, List<string> problems)
    {
        TensorElementType type = ElementType(metadata);
        if (type != NativeTensor.ElementType(input.Type))
            problems.Add($"the input {name} is of {(type == TensorElementType.DataTypeMax ? metadata.ElementDataType : type)}, not {input.Type}");

        // Dimensions that the model leaves open are negative.
        int[] dimensions = metadata.Dimensions;
        (int width, int height) = input.Size ?? (-1, -1);
        int[] expected = input.Layout == TensorLayout.Nchw ? [1, 3, height, width] : [1, height, width, 3];
        if (dimensions.Length != 4 || dimensions.Zip(expected).Any(pair => pair.First >= 0 && pair.Second >= 0 && pair.First != pair.Second))
            problems.Add($"the input {name} is {Shape(dimensions)}, not {Shape(expected)}");
        else if (input.Size is null && dimensions.Zip(expected).Any(pair => pair.First >= 0 && pair.Second < 0))
            problems.Add($"the input {name} is {Shape(dimensions)}: it takes that size only, which input.size has to say");
    }

    private static string Names(IEnumerable<string> names) => string.Join(", ", names);

    private static string Shape(int[] dimensions) => $"[{string.Join(", ", dimensions.Select(side => side < 0 ? "?" : side.ToString()))}]";
}
