namespace ComfyStream.Workflows.Models;

/// <summary>Order of a picture's dimensions in a tensor.</summary>
internal enum TensorLayout
{
    /// <summary>1 x 3 x height x width: a plane for each colour.</summary>
    Nchw,

    /// <summary>1 x height x width x 3: the colours of a pixel together.</summary>
    Nhwc,
}

/// <summary>Type of a tensor's elements.</summary>
internal enum TensorType
{
    Float,
    Float16,
    UInt8,
    Int32,
    Int64,
}

/// <summary>What becomes of a picture whose shape is not the model's.</summary>
internal enum ResizeMode
{
    /// <summary>It is distorted to fill the input.</summary>
    Stretch,

    /// <summary>It is shown whole, with a border.</summary>
    Letterbox,

    /// <summary>It fills the input, and what is too much is cut off on both sides alike.</summary>
    Cover,
}

/// <summary>How a picture becomes the model's input: <c>(pixel * Scale - Mean) / Deviation</c> for pixels 0 to 255.</summary>
internal sealed record ModelInput
{
    /// <summary>Empty: the model's only input beside states and constants.</summary>
    public required string Name { get; init; }

    public TensorLayout Layout { get; init; }

    public TensorType Type { get; init; }

    /// <summary>Width and height; null: the picture's own, by <see cref="MultipleOf"/>.</summary>
    public (int Width, int Height)? Size { get; init; }

    /// <summary>Width and height are multiples of it.</summary>
    public int MultipleOf { get; init; } = 1;

    /// <summary>Pictures that are longer are made smaller to this; null: never.</summary>
    public int? LongestSide { get; init; }

    public bool IsBgr { get; init; }

    public float Scale { get; init; } = 1f / 255;

    /// <summary>By colour, in the model's order.</summary>
    public IReadOnlyList<float> Mean { get; init; } = [0, 0, 0];

    /// <summary>By colour, in the model's order.</summary>
    public IReadOnlyList<float> Deviation { get; init; } = [1, 1, 1];

    public ResizeMode Resize { get; init; }

    /// <summary>Colour of the border of <see cref="ResizeMode.Letterbox"/>, 0 to 255.</summary>
    public float Border { get; init; }
}
