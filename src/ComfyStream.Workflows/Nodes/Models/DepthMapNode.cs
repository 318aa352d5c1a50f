using ComfyStream.Media;
using ComfyStream.Workflows.Models;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>How near everything is, as a grey picture and as a mask: what is nearest is white, 1.</summary>
internal sealed unsafe class DepthMapNode : Node
{
    private const int Image = 0;
    private const int MaskOutput = 1;
    private const string DefaultModel = "depth-anything-v2-small";
    private const double DefaultSteadiness = 0.9;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "DepthMap",
        DisplayName = "Depth Map",
        Category = "ComfyStream/Depth",
        Description = "How near everything is, by a depth model of the manifests: white and 1 are the nearest.",
        Inputs =
        [
            new LinkInput("image", LinkType.Image),
            new TextInput("model", DefaultModel) { Tooltip = "A model whose task is depth: ./comfystream model list." },
            new NumberInput("steadiness", DefaultSteadiness, Min: 0, Max: 0.999) { Tooltip = "How slowly nearest and farthest follow the pictures." },
            new IntegerInput("run_every", Default: 0, Min: 0, Max: 1000) { Tooltip = "The model sees every so many pictures, and its last map serves for those between; 0: as its manifest says." },
        ],
        Outputs = [LinkType.Image, LinkType.Mask],
        Create = static (settings, resources) => new DepthMapNode(resources, settings),
    };

    private readonly PictureModel _model;
    private readonly bool _hasMask;
    private readonly DepthScale _scale = new();
    private readonly MaskPlane _nearness = new(1, 1);
    private readonly NativeBuffer<byte> _luma = new();
    private readonly PlaneStretcher _stretcher = new();
    private float _steadiness = (float)DefaultSteadiness;

    /// <summary>For a class that gives the picture alone, and has no settings but the model.</summary>
    public DepthMapNode(NodeResources resources, string id) => _model = ModelChoice.Open(resources, id, OutputKind.Depth);

    private DepthMapNode(NodeResources resources, NodeSettings settings)
        : this(resources, settings.Text("model"))
    {
        _hasMask = true;
        Apply(settings);
    }

    public override bool TryApply(NodeSettings settings)
    {
        if (!_hasMask || settings.Text("model") != _model.Manifest.Id)
            return false;
        Apply(settings);
        return true;
    }

    public override void Run(NodeContext context)
    {
        VideoFrame source = context.Image(Image);
        bool isNew = _model.Run(source, context.MediaTime);
        if (isNew)
        {
            _scale.Update(_model.Output(OutputKind.Depth)!, _model.Placement, _steadiness, _nearness);
            WriteLuma();
        }

        VideoFrame target = context.Target(source.Width, source.Height);
        _stretcher.Stretch(_luma.Pointer, Stride, _nearness.Width, _nearness.Height, target.Y, target.StrideY, target.Width, target.Height);
        new Span<byte>(target.U, target.StrideUv * (target.Height / 2)).Fill(128);
        new Span<byte>(target.V, target.StrideUv * (target.Height / 2)).Fill(128);
        if (_hasMask)
            context.SetMask(_nearness, MaskOutput);
    }

    public override void Cancel() => _model.Cancel();

    public override void Rearm() => _model.Rearm();

    public override void Dispose()
    {
        _model.Dispose();
        _nearness.Dispose();
        _luma.Dispose();
        _stretcher.Dispose();
    }

    private int Stride => (_nearness.Width + 63) / 64 * 64;

    private void Apply(NodeSettings settings)
    {
        _steadiness = (float)settings.Number("steadiness");
        _model.RunEvery = settings.Integer("run_every");
    }

    private void WriteLuma()
    {
        _luma.EnsureLength(Stride * _nearness.Height);
        for (int y = 0; y < _nearness.Height; y++)
        {
            float* from = _nearness.Row(y);
            byte* to = _luma.Pointer + y * Stride;
            for (int x = 0; x < _nearness.Width; x++)
                to[x] = (byte)(16.5f + 219 * from[x]);
        }
    }
}
