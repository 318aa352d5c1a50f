using ComfyStream.Media;
using ComfyStream.Workflows.Models;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>
/// Doubles a picture and sharpens its edges: interpolated linearly, and to luma is added what Anime4K's network finds missing. Chroma,
/// in which the eye is not sharp, is interpolated only.
/// </summary>
internal sealed unsafe class UpscaleX2Node : Node
{
    private const int Image = 0;
    private const string Model = "anime4k-x2-s";

    /// <summary>Levels of luma from black to white, which the network has at 0 and 1.</summary>
    private const float LumaRange = 219;

    private const int LongestSide = 4096;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "UpscaleX2",
        DisplayName = "Upscale x2",
        Category = "ComfyStream/Upscaling",
        Description = "Doubles a picture and sharpens its edges.",
        IsPure = true,
        Inputs =
        [
            new LinkInput("image", LinkType.Image),
            new NumberInput("strength", Default: 1, Min: 0, Max: 2) { Tooltip = "How much of what the network finds is added; 0 only interpolates." },
        ],
        Outputs = [LinkType.Image],
        Create = static (settings, resources) => new UpscaleX2Node(settings, resources.Models),
    };

    private readonly PictureModel _model;
    private readonly PlaneDoubler _doubler = new();
    private float _strength;

    private UpscaleX2Node(NodeSettings settings, ModelStore models)
    {
        _model = models.CreatePictureModel(Model);
        TryApply(settings);
    }

    public override bool TryApply(NodeSettings settings)
    {
        _strength = (float)settings.Number("strength");
        return true;
    }

    public override void Run(NodeContext context)
    {
        VideoFrame source = context.Image(Image);
        (int width, int height) = (source.Width, source.Height);
        if (Math.Max(width, height) > LongestSide)
            throw new MediaException($"A picture of {width}x{height} cannot be doubled: {LongestSide} pixels a side are the most.");
        float* residual = _strength > 0 ? FindResidual(source, context.MediaTime) : null;
        VideoFrame target = context.Target(2 * width, 2 * height);
        _doubler.Double(source.Y, source.StrideY, width, height, target.Y, target.StrideY, residual, _strength * LumaRange);
        _doubler.Double(source.U, source.StrideUv, width / 2, height / 2, target.U, target.StrideUv);
        _doubler.Double(source.V, source.StrideUv, width / 2, height / 2, target.V, target.StrideUv);
    }

    public override void Cancel() => _model.Cancel();

    public override void Rearm() => _model.Rearm();

    public override void Dispose()
    {
        _model.Dispose();
        _doubler.Dispose();
    }

    private float* FindResidual(VideoFrame source, TimeSpan mediaTime)
    {
        _model.Run(source, mediaTime);
        ModelTensor? residual = _model.Output(OutputKind.LumaResidual);
        if (residual?.Width != 2 * source.Width || residual.Height != 2 * source.Height)
            throw new MediaException($"The model {Model} does not give a luma-residual of twice the picture's size. Put the manifest and the file that ship in its place.");
        return residual.Pointer;
    }
}
