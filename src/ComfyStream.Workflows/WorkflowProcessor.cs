using ComfyStream.Media;
using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Workflows;

/// <summary>A plan at work for one stream. One thread at a time, but for <see cref="Cancel"/>; allocates nothing per picture once warm.</summary>
internal sealed class WorkflowProcessor : IFrameProcessor
{
    private readonly WorkflowPlan _plan;
    private readonly Node[] _nodes;
    private readonly NodeContext[] _contexts;
    private readonly FrameValues _values;
    private bool _hasConstants;
    private bool _constantsAreBt709;

    // What nodes keep is of the picture before only if that one got through.
    private bool _keepsResults;

    // Ties a cancellation to the picture that it was meant for, and keeps it from nodes that are being freed.
    private readonly Lock _gate = new();
    private bool _isProcessing;
    private volatile bool _isCancelled;

    /// <exception cref="MediaException">A model is missing or cannot be loaded.</exception>
    public WorkflowProcessor(WorkflowPlan plan, NodeResources resources)
    {
        _plan = plan;
        _values = new FrameValues(plan.SlotCount, resources.Frames, resources.Pictures);
        _contexts = [.. plan.Steps.Select(step => new NodeContext(step, _values))];
        _nodes = new Node[plan.Steps.Count];
        try
        {
            for (int i = 0; i < _nodes.Length; i++)
                _nodes[i] = plan.Steps[i].Node.Descriptor.Create!(plan.Steps[i].Node.Settings, resources);
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
        bool keepsResults = _keepsResults;
        _keepsResults = false;
        lock (_gate)
            _isProcessing = true;
        try
        {
            PrepareConstants();
            for (int i = 0; i < _nodes.Length; i++)
            {
                if (!_plan.Steps[i].IsConstant)
                    RunStep(i, keepsResults);
            }

            _keepsResults = true;
            return TakeResult();
        }
        finally
        {
            // Nothing is left after success, unless the result does not depend on the stream's picture.
            ReleaseAll(constantsToo: false);
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
        ReleaseAll(constantsToo: true);
        foreach (Node? node in _nodes)
            node?.Dispose();
    }

    /// <summary>Constants are made with the first picture, and again when the stream's colours become others.</summary>
    private void PrepareConstants()
    {
        if (_hasConstants && _constantsAreBt709 == _values.IsBt709)
            return;
        _hasConstants = false;
        for (int i = 0; i < _nodes.Length; i++)
        {
            if (!_plan.Steps[i].IsConstant)
                continue;
            foreach (int slot in _plan.Steps[i].Outputs)
                _values.Release(slot);
            RunStep(i, keepsResults: false);
            foreach (int slot in _plan.Steps[i].Outputs)
                _values.SetUnchanged(slot, true);
        }

        (_hasConstants, _constantsAreBt709) = (true, _values.IsBt709);
    }

    private void RunStep(int index, bool keepsResults)
    {
        PlanStep step = _plan.Steps[index];
        if (keepsResults && step.KeepsResults && HasUnchangedInputs(step))
        {
            foreach (int slot in step.Outputs)
                _values.SetUnchanged(slot, true);
        }
        else
        {
            foreach (int slot in step.Outputs)
                _values.SetUnchanged(slot, false);
            RunNode(index, step);
        }

        foreach (int slot in step.LastUsed)
            _values.Release(slot);
    }

    private void RunNode(int index, PlanStep step)
    {
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
    }

    private bool HasUnchangedInputs(PlanStep step)
    {
        foreach (int slot in step.Inputs)
        {
            if (slot >= 0 && !_values.IsUnchanged(slot))
                return false;
        }

        return true;
    }

    private VideoFrame TakeResult()
    {
        if (!_plan.IsConstant(_plan.ResultSlot))
            return _values.Move<VideoFrame>(_plan.ResultSlot);
        var constant = (VideoFrame)_values[_plan.ResultSlot]!;
        VideoFrame copy = _values.Rent(constant.Width, constant.Height);
        copy.CopyPixelsFrom(constant);
        return copy;
    }

    private void ReleaseAll(bool constantsToo)
    {
        for (int slot = 0; slot < _plan.SlotCount; slot++)
        {
            if (constantsToo || !_plan.IsConstant(slot))
                _values.Release(slot);
        }
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
