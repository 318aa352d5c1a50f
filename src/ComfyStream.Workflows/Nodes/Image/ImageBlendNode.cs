using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>
/// Two pictures blended, the second one cut and scaled to the size of the first. In I420 a <c>normal</c> blend is one of the planes;
/// the other modes are not linear and need the colours themselves.
/// </summary>
internal sealed class ImageBlendNode : Node
{
    private const int First = 0;
    private const int Second = 1;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "ImageBlend",
        DisplayName = "Image Blend",
        Category = "image/postprocessing",
        Description = "Two pictures blended, the second one cut and scaled to the size of the first.",
        IsPure = true,
        Inputs =
        [
            new LinkInput("image1", LinkType.Image),
            new LinkInput("image2", LinkType.Image),
            new NumberInput("blend_factor", Default: 0.5, Min: 0, Max: 1) { Tooltip = "The share of the blend; the rest is image1." },
            new ChoiceInput("blend_mode", "normal", "multiply", "screen", "overlay", "soft_light", "difference"),
        ],
        Outputs = [LinkType.Image],
        Formats = [PictureFormat.I420, PictureFormat.Rgb],
        Overwritable = First,
        Create = static (settings, resources) => new ImageBlendNode(settings.Choice("blend_mode"), settings.Number("blend_factor"), resources),
    };

    private readonly PictureScaler _scaler = new(ScaleMethod.Bicubic);
    private readonly NodeResources _resources;
    private readonly BlendTable? _table;
    private readonly float _share;

    private ImageBlendNode(string mode, double factor, NodeResources resources)
    {
        (_resources, _share) = (resources, (float)factor);
        if (mode != "normal")
            _table = new BlendTable(FunctionOf(mode), factor);
    }

    public override void Run(NodeContext context)
    {
        PictureView first = PictureView.Read(context, First);
        PictureView second = PictureView.Read(context, Second);
        if (first.Width == second.Width && first.Height == second.Height)
        {
            Blend(first, second, PictureView.Write(context, first.Width, first.Height, first.HasAlpha));
            return;
        }

        PictureView scaled = PictureView.Rent(_resources, context, first.Width, first.Height);
        try
        {
            _scaler.Scale(second, CropArea.Centred(second.Width, second.Height, first.Width, first.Height), scaled);
            Blend(first, scaled, PictureView.Write(context, first.Width, first.Height, first.HasAlpha));
        }
        finally
        {
            scaled.Return();
        }
    }

    public override void Dispose()
    {
        _scaler.Dispose();
        _table?.Dispose();
    }

    private static Func<double, double, double> FunctionOf(string mode) => mode switch
    {
        "multiply" => (a, b) => a * b,
        "screen" => (a, b) => 1 - (1 - a) * (1 - b),
        "overlay" => (a, b) => a <= 0.5 ? 2 * a * b : 1 - 2 * (1 - a) * (1 - b),
        "soft_light" => (a, b) => b <= 0.5 ? a - (1 - 2 * b) * a * (1 - a) : a + (2 * b - 1) * (SoftCurve(a) - a),
        "difference" => (a, b) => a - b,
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "No mode."),
    };

    /// <summary>What soft light brightens towards (W3C Compositing, 9.1.9).</summary>
    private static double SoftCurve(double value) => value <= 0.25 ? ((16 * value - 12) * value + 4) * value : Math.Sqrt(value);

    private void Blend(PictureView first, PictureView second, PictureView target)
    {
        if (_table is null)
        {
            for (int i = 0; i < 3; i++)
                PlaneMixer.Mix(first[i], second[i], target[i], _share);
        }
        else if (target.IsI420)
        {
            BlendInRgb(_table, first, second, target);
        }
        else
        {
            for (int i = 0; i < 3; i++)
                _table.Apply(first[i], second[i], target[i]);
        }

        if (target.HasAlpha)
            target[3].CopyFrom(first[3]);
    }

    private void BlendInRgb(BlendTable table, PictureView first, PictureView second, PictureView target)
    {
        RgbPicture below = _resources.Pictures.Rent(first.Width, first.Height);
        RgbPicture above = _resources.Pictures.Rent(first.Width, first.Height);
        try
        {
            PictureConverter.ToRgb(first.Frame, below);
            PictureConverter.ToRgb(second.Frame, above);
            for (int i = 0; i < 3; i++)
                table.Apply(new PictureView(below)[i], new PictureView(above)[i], new PictureView(below)[i]);
            PictureConverter.ToI420(below, target.Frame);
        }
        finally
        {
            below.Return();
            above.Return();
        }
    }
}
