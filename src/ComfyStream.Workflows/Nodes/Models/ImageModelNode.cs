using ComfyStream.Media;
using ComfyStream.Workflows.Models;

namespace ComfyStream.Workflows.Nodes;

/// <summary>A picture for a picture, by a model. The result is as large as the picture, or as the model gives it where that is more.</summary>
internal sealed class ImageModelNode : Node
{
    private const int Image = 0;

    private readonly PictureModel _model;
    private readonly PictureTensorReader _reader = new();

    public ImageModelNode(NodeResources resources, string id) => _model = ModelChoice.Open(resources, id, OutputKind.Image);

    /// <summary>The model sees every so many pictures; 0: as its manifest says.</summary>
    public int RunEvery
    {
        set => _model.RunEvery = value;
    }

    public override void Run(NodeContext context)
    {
        VideoFrame source = context.Image(Image);
        _model.Run(source, context.MediaTime);
        ModelTensor painted = _model.Output(OutputKind.Image)!;
        (int width, int height) = PictureTensorReader.FrameSize(painted, _model.Placement, source.Width, source.Height);
        _reader.Read(painted, _model.Placement, context.Target(width, height));
    }

    public override void Cancel() => _model.Cancel();

    public override void Rearm() => _model.Rearm();

    public override void Dispose()
    {
        _model.Dispose();
        _reader.Dispose();
    }
}
