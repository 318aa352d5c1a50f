using ComfyStream.Workflows.Nodes;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Tests;

/// <summary>A node that does what a test says and counts what happens to it.</summary>
internal sealed class ScriptedNode(Action<NodeContext> run, ScriptedNode.Log log, NodeSettings settings) : Node
{
    /// <summary>What happened to all nodes of a class.</summary>
    internal sealed class Log
    {
        public int Made, Runs, Applied, Disposed;
        public bool Applies, FailsToBeMade;
        public List<int> Values { get; } = new(4096);
    }

    private int _value = settings.Integer("value");

    /// <summary>A class with a value from 0 to 100.</summary>
    public static NodeDescriptor Describe(
        string classType, Log log, Action<NodeContext> run, LinkType[] inputs, LinkType[] outputs, PictureFormat[]? formats = null,
        bool isPure = false, int overwritable = -1) => new()
        {
            ClassType = classType,
            Inputs = [.. inputs.Select((type, i) => new LinkInput($"in{i}", type, IsRequired: false)), new IntegerInput("value", 0, 0, 100)],
            Outputs = [.. outputs.Select(type => (NodeOutput)type)],
            Formats = formats ?? [PictureFormat.I420],
            IsPure = isPure,
            Overwritable = overwritable,
            Create = (settings, _) =>
            {
                if (log.FailsToBeMade)
                    throw new Media.MediaException("no such model");
                log.Made++;
                return new ScriptedNode(run, log, settings);
            },
        };

    /// <summary>Gives a picture of the size of the first input, or of another one.</summary>
    public static Action<NodeContext> GivesPicture((int Width, int Height)? size = null) => context =>
    {
        if (context.Format == PictureFormat.I420)
        {
            (int width, int height) = size ?? (context.Image(0).Width, context.Image(0).Height);
            context.Target(width, height).Fill(128, 128, 128);
        }
        else
        {
            (int width, int height) = size ?? (context.Rgb(0).Width, context.Rgb(0).Height);
            RgbPicture target = context.TargetRgb(width, height);
            for (int i = 0; i < 3; i++)
                Fill(target, i);
        }
    };

    public override void Run(NodeContext context)
    {
        log.Runs++;
        log.Values.Add(_value);
        run(context);
    }

    public override bool TryApply(NodeSettings settings)
    {
        if (!log.Applies)
            return false;
        log.Applied++;
        _value = settings.Integer("value");
        return true;
    }

    public override void Dispose() => log.Disposed++;

    private static unsafe void Fill(RgbPicture picture, int plane) => new Span<byte>(picture.Plane(plane), picture.Stride * picture.Height).Fill(100);
}
