using System.Text.Json;
using ComfyStream.Media;
using ComfyStream.Workflows.Detection;
using ComfyStream.Workflows.Models;
using ComfyStream.Workflows.Nodes;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Tests.Nodes;

/// <summary>
/// Runs one node class by itself on given pictures, masks and the like, one for each of its links in order; null for what is not
/// connected. Takes the pictures; the caller owns those of the result.
/// </summary>
internal sealed class NodeRunner : IDisposable
{
    private readonly NodeDescriptor _descriptor;
    private readonly bool _overwrites;
    private readonly NodeResources _resources;
    private readonly ModelStore _models;
    private readonly Node _node;
    private readonly PictureFormat _format;

    // A node has one context for its life, unless what is connected changes.
    private readonly Dictionary<string, (NodeContext Context, FrameValues Values)> _contexts = [];

    /// <param name="settings">Values that differ from the defaults, as JSON.</param>
    /// <param name="overwrites">Whether the node may turn its overwritable input into the result.</param>
    /// <param name="models">Folder of the models; those that ship when null.</param>
    /// <param name="format">Format of all pictures; the node's preferred one when null.</param>
    /// <param name="catalog">Where the class is looked for.</param>
    /// <param name="inputFolder">Folder of the picture files.</param>
    public NodeRunner(
        string classType, VideoFramePool pool, string settings = "{}", bool overwrites = false, string? models = null,
        PictureFormat? format = null, NodeCatalog? catalog = null, string? inputFolder = null)
    {
        Assert.True((catalog ?? NodeCatalog.BuiltIn).TryFind(classType, out NodeDescriptor? descriptor));
        (_descriptor, _overwrites, _format) = (descriptor, overwrites, format ?? descriptor.Formats[0]);
        Assert.Contains(_format, descriptor.Formats);
        _models = new ModelStore([models ?? Repository.Models]);
        _resources = new NodeResources(_models, pool, Pictures, inputFolder);
        _node = descriptor.Create!(Read(settings), _resources);
    }

    /// <summary>Where pictures in RGB come from and go to.</summary>
    public RgbPicturePool Pictures { get; } = new();

    /// <summary>Capture time that the node sees when the first picture is not a <see cref="VideoFrame"/>.</summary>
    public TimeSpan MediaTime { get; set; }

    /// <summary>Links that count as unchanged.</summary>
    public HashSet<int> Unchanged { get; } = [];

    /// <summary>Runs the node and gives all its outputs.</summary>
    public object?[] RunAll(params object?[] links)
    {
        int[] inputs = new int[_descriptor.Links.Count];
        for (int i = 0; i < inputs.Length; i++)
            inputs[i] = i < links.Length && links[i] is not null ? Array.IndexOf(links, links[i]) + 1 : -1;
        int[] outputs = [.. _descriptor.Outputs.Select((_, i) => 1 + inputs.Length + i)];
        (NodeContext context, FrameValues values) = ContextFor(inputs, outputs);

        Begin(values, links.OfType<VideoFrame>().FirstOrDefault());
        for (int i = 0; i < inputs.Length; i++)
        {
            if (inputs[i] == i + 1)
                values[i + 1] = links[i];
            values.SetUnchanged(i + 1, Unchanged.Contains(i));
        }

        try
        {
            _node.Run(context);
            return [.. outputs.Select(slot => values[slot] is VideoFrame or RgbPicture ? values.Move<object>(slot) : values[slot])];
        }
        finally
        {
            for (int slot = 0; slot <= inputs.Length + outputs.Length; slot++)
                values.Release(slot);
        }
    }

    /// <summary>Managed bytes that a run allocates once the node is warm. The pictures are given back.</summary>
    public long AllocatedBytes(params object?[] links)
    {
        int[] inputs = [.. links.Select((link, i) => link is null ? -1 : i + 1)];
        int[] outputs = [.. _descriptor.Outputs.Select((_, i) => 1 + inputs.Length + i)];
        (NodeContext context, FrameValues values) = ContextFor(inputs, outputs);
        Begin(values, links.OfType<VideoFrame>().FirstOrDefault());
        for (int i = 0; i < links.Length; i++)
            values[i + 1] = links[i];
        void RunOnce()
        {
            _node.Run(context);
            foreach (int slot in outputs)
                values.Release(slot);
        }

        for (int round = 0; round < 3; round++)
            RunOnce();
        long allocated = Allocated.By(RunOnce);
        for (int slot = 1; slot <= inputs.Length; slot++)
            values.Release(slot);
        return allocated;
    }

    /// <summary>Runs the node and gives its first output, a picture in I420.</summary>
    public VideoFrame Run(params object?[] links) => (VideoFrame)RunAll(links)[0]!;

    /// <summary>The same for a picture in RGB.</summary>
    public RgbPicture RunRgb(params object?[] links) => (RgbPicture)RunAll(links)[0]!;

    /// <summary>The same for a mask, which stays the node's.</summary>
    public MaskPlane RunForMask(params object?[] links) => (MaskPlane)RunAll(links)[0]!;

    /// <summary>The same for boxes.</summary>
    public Box[] RunForBoxes(params object?[] links) => ((BoxList)RunAll(links)[0]!).Items.ToArray();

    /// <summary>Whether the node took other settings while it runs.</summary>
    public bool TryApply(string settings) => _node.TryApply(Read(settings));

    public void Dispose()
    {
        _node.Dispose();
        _models.Dispose();
        Assert.Equal(0, Pictures.RentedCount);
        Pictures.Dispose();
    }

    private NodeSettings Read(string settings)
    {
        JsonElement json = JsonDocument.Parse(settings).RootElement;
        Assert.All(json.EnumerateObject(), given => Assert.Contains(given.Name, _descriptor.Values.Select(input => input.Name)));
        var read = new NodeSettings();
        foreach (ValueInput input in _descriptor.Values)
        {
            object? value = input.DefaultValue;
            if (json.TryGetProperty(input.Name, out JsonElement given))
                Assert.True(input.TryRead(given, out value), $"{input.Name}: {given} does not fit; give {input.Expected}");
            read.Set(input.Name, value);
        }

        return read;
    }

    private (NodeContext Context, FrameValues Values) ContextFor(int[] inputs, int[] outputs)
    {
        string key = string.Join(',', inputs);
        if (_contexts.TryGetValue(key, out (NodeContext, FrameValues) known))
            return known;
        var values = new FrameValues(1 + inputs.Length + outputs.Length, _resources.Frames, Pictures);
        int overwritten = _overwrites ? inputs[_descriptor.Overwritable] : -1;
        var step = new PlanStep(new GraphNode("1", _descriptor), _format, inputs, outputs) { OverwrittenSlot = overwritten };
        return _contexts[key] = (new NodeContext(step, values), values);
    }

    private void Begin(FrameValues values, VideoFrame? stream)
    {
        if (stream is not null)
        {
            values.Begin(stream);
            values[WorkflowPlan.InputSlot] = null;
            return;
        }

        VideoFrame any = _resources.Frames.Rent(16, 16);
        any.MediaTime = MediaTime;
        values.Begin(any);
        values.Release(WorkflowPlan.InputSlot);
    }
}
