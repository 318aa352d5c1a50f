using ComfyStream.Media;
using ComfyStream.Workflows.Models;
using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Workflows;

/// <summary>A plan at work for one stream. One thread at a time, but for <see cref="Cancel"/>; allocates nothing per picture once warm.</summary>
internal sealed class WorkflowProcessor : IFrameProcessor
{
    private readonly WorkflowPlan _plan;
    private readonly Node[] _nodes;
    private readonly NodeContext[] _contexts;
    private readonly FrameValues _values;

    // Ties a cancellation to the picture that it was meant for, and keeps it from nodes that are being freed.
    private readonly Lock _gate = new();
    private bool _isProcessing;
    private volatile bool _isCancelled;

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
        lock (_gate)
            _isProcessing = true;
        try
        {
            for (int i = 0; i < _nodes.Length; i++)
                RunStep(i);
            return _values.Take(_plan.ResultSlot);
        }
        finally
        {
            // Nothing is left after success, unless the result does not depend on the stream's picture.
            _values.ReleaseAll();
            EndPicture();
        }
    }

    /// <inheritdoc/>
    public void Cancel()
    {
        lock (_gate)
        {
            if (!_isProcessing || _isCancelled)
                return;
            _isCancelled = true;
            foreach (Node node in _nodes)
                node.Cancel();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Node? node in _nodes)
            node?.Dispose();
    }

    private void RunStep(int index)
    {
        PlanStep step = _plan.Steps[index];
        try
        {
            _nodes[index].Run(_contexts[index]);
        }
        catch (Exception e) when (_isCancelled)
        {
            throw Cancelled(step.Node, e);
        }

        if (_isCancelled)
            throw Cancelled(step.Node, inner: null);
        foreach (int slot in step.LastUsed)
            _values.Release(slot);
    }

    private static OperationCanceledException Cancelled(GraphNode node, Exception? inner) =>
        new($"node {WorkflowProblems.Quote(node.Id)} ({node.Descriptor.ClassType}) took too long and was cancelled", inner);

    private void EndPicture()
    {
        lock (_gate)
        {
            _isProcessing = false;
            if (!_isCancelled)
                return;
            _isCancelled = false;
            foreach (Node node in _nodes)
                node.Rearm();
        }
    }
}
