namespace ComfyStream.Workflows.Models;

/// <summary>What a tensor that a model gives means.</summary>
internal enum OutputKind
{
    /// <summary>Distances, height x width.</summary>
    Depth,

    /// <summary>How much each pixel belongs, height x width.</summary>
    Mask,

    /// <summary>A picture.</summary>
    Image,

    /// <summary>What is to be added to the luma of the enlarged picture.</summary>
    LumaResidual,

    BoxesYolox,
    BoxesYolov8,
    BoxesSsd,
    Scores,
    Points,

    /// <summary>For whoever knows the model.</summary>
    Tensor,
}

/// <summary>A tensor that the model gives.</summary>
internal sealed record ModelOutput
{
    /// <summary>Empty: the one that has the same place among the model's.</summary>
    public required string Name { get; init; }

    public required OutputKind Kind { get; init; }

    /// <summary>Of a picture.</summary>
    public TensorLayout Layout { get; init; }

    public bool IsBgr { get; init; }

    /// <summary>Values of black and white, or of nothing and all.</summary>
    public (float Low, float High) Range { get; init; } = (0, 1);

    /// <summary>Of distances: whether what is near has the larger value.</summary>
    public bool LargerIsNearer { get; init; }

    /// <summary>Names of what is found, by class.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];
}

/// <summary>A tensor that a model gives and takes again at the next picture.</summary>
/// <param name="Input">Name of the input; zeros at first.</param>
/// <param name="Output">Name of the output.</param>
/// <param name="Shape">Shape of the first one.</param>
internal sealed record ModelState(string Input, string Output, long[] Shape);

/// <summary>An input that is always the same.</summary>
internal sealed record ModelConstant(string Input, long[] Shape, double[] Values);
