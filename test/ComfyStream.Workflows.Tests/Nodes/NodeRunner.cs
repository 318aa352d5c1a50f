using System.Text.Json;
using ComfyStream.Media;
using ComfyStream.Workflows.Detection;
using ComfyStream.Workflows.Models;
using ComfyStream.Workflows.Nodes;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Tests.Nodes;

/// <summary>Runs one node class by itself. Slots: 0 and 1 pictures, 2 a mask or boxes, 3 the result.</summary>
internal sealed class NodeRunner : IDisposable
{
    private const int ResultSlot = 3;
    private readonly FrameValues _values;
    private readonly Node _node;
    private readonly NodeContext _context;

    public NodeRunner(string classType, VideoFramePool pool, int[] inputs, string settings = "{}", bool overwrites = false, string? models = null)
    {
        Assert.True(NodeCatalog.BuiltIn.TryFind(classType, out NodeDescriptor? descriptor));
        JsonElement json = JsonDocument.Parse(settings).RootElement;
        var read = new NodeSettings();
        foreach (ValueInput input in descriptor.Values)
        {
            object? value = input.DefaultValue;
            if (json.TryGetProperty(input.Name, out JsonElement given))
                Assert.True(input.TryRead(given, out value));
            read.Set(input.Name, value);
        }

        _values = new FrameValues(ResultSlot + 1, pool);
        _node = descriptor.Create!(read, new ModelStore([models ?? Repository.Models]));
        int overwritten = overwrites ? inputs[descriptor.Overwritable] : -1;
        _context = new NodeContext(new PlanStep(new GraphNode("1", descriptor), inputs, ResultSlot, overwritten, []), _values);
    }

    /// <summary>Takes the pictures; the caller owns the result.</summary>
    public VideoFrame Run(VideoFrame first, VideoFrame? second = null, MaskPlane? mask = null, BoxList? boxes = null)
    {
        RunOn(first, second, mask, boxes);
        VideoFrame result = _values.Take(ResultSlot);
        _values.ReleaseAll();
        return result;
    }

    /// <summary>The same for a node that gives a mask, which stays the node's.</summary>
    public MaskPlane RunForMask(VideoFrame picture)
    {
        RunOn(picture, null, null, null);
        _values.ReleaseAll();
        return _values.Masks[ResultSlot]!;
    }

    /// <summary>The same for a node that gives boxes.</summary>
    public Box[] RunForBoxes(VideoFrame picture)
    {
        try
        {
            RunOn(picture, null, null, null);
            return _values.Boxes[ResultSlot]!.Items.ToArray();
        }
        finally
        {
            _values.ReleaseAll();
        }
    }

    public void Dispose() => _node.Dispose();

    private void RunOn(VideoFrame first, VideoFrame? second, MaskPlane? mask, BoxList? boxes)
    {
        _values.Begin(first);
        _values.Images[1] = second;
        _values.Masks[2] = mask;
        _values.Boxes[2] = boxes;
        _node.Run(_context);
    }
}
