using ComfyStream.Media;
using ComfyStream.Workflows.Models;
using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Workflows;

/// <summary>A plan at work for one stream. One thread at a time; allocates nothing per picture once warm.</summary>
internal sealed class WorkflowProcessor : IFrameProcessor
{
    private readonly WorkflowPlan _plan;
    private readonly Node[] _nodes;
    private readonly NodeContext[] _contexts;
    private readonly FrameValues _values;

    /// <exception cref="MediaException">A model is missing or cannot be loaded.</exception>
    public WorkflowProcessor(WorkflowPlan plan, ModelStore models, VideoFramePool frames)
    {
        _plan = plan;
        _values = new FrameValues(plan.SlotCount, frames);
        _contexts = [.. plan.Steps.Select(step => new NodeContext(step, _values))];
        _nodes = new Node[plan.Steps.Count];
        try
        {
            for (int i = 0; i < _nodes.Length; i++)
                _nodes[i] = plan.Steps[i].Node.Descriptor.Create!(plan.Steps[i].Node.Settings, models);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public VideoFrame Process(VideoFrame input)
    {
        _values.Begin(input);
        try
        {
            for (int i = 0; i < _nodes.Length; i++)
            {
                _nodes[i].Run(_contexts[i]);
                foreach (int slot in _plan.Steps[i].LastUsed)
                    _values.Release(slot);
            }

            return _values.Take(_plan.ResultSlot);
        }
        finally
        {
            // Nothing is left after success, unless the result does not depend on the stream's picture.
            _values.ReleaseAll();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Node? node in _nodes)
            node?.Dispose();
    }
}
