using System.Diagnostics;
using ComfyStream.Media;
using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Workflows;

/// <summary>
/// A plan with its nodes at work. One thread at a time (which lets others run branches, see <see cref="SectionRunner"/>), but for <see cref="Cancel"/> and <see cref="Timings"/>; allocates nothing per
/// picture once warm.
/// </summary>
internal sealed class PlanRunner : IDisposable
{
    private readonly Node[] _nodes;
    private readonly NodeContext[] _contexts;
    private readonly StepTime[] _times;
    private readonly FrameValues _values;
    private readonly SectionRunner[] _sections;
    private bool _hasConstants;
    private bool _constantsAreBt709;

    // What nodes keep is of the picture before only if that one got through.
    private bool _keepsResults;

    // Ties a cancellation to the picture that it was meant for, and keeps it from nodes that are being freed.
    private readonly Lock _gate = new();
    private bool _isProcessing;
    private volatile bool _isCancelled;

    /// <exception cref="MediaException">A model is missing or cannot be loaded.</exception>
    public PlanRunner(WorkflowPlan plan, NodeResources resources)
    {
        Plan = plan;
        _sections = [.. plan.Sections.Where(section => !plan.Steps[section.First].IsConstant).Select(section => new SectionRunner(section, this, resources.Branches))];
        _values = new FrameValues(plan.SlotCount, resources.Frames, resources.Pictures);
        _contexts = [.. plan.Steps.Select(step => new NodeContext(step, _values))];
        _times = new StepTime[plan.Steps.Count];
        _nodes = new Node[plan.Steps.Count];
        try
        {
            for (int i = 0; i < _nodes.Length; i++)
                _nodes[i] = Create(plan.Steps[i].Node, resources);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public WorkflowPlan Plan { get; private set; }

    /// <summary>A copy; any thread.</summary>
    public IReadOnlyList<NodeTiming> Timings => [.. Plan.Steps.Select((step, i) => _times[i].Read(step.Node))];

    /// <summary>As <see cref="IFrameProcessor.Process"/>.</summary>
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
            foreach (SectionRunner section in _sections)
                section.RunAll(keepsResults);
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

    /// <summary>Ends the picture that is processed, by an exception; nothing when none is. Any thread.</summary>
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

    /// <summary>
    /// Gives the nodes the values of a plan that is the same but for them, between two pictures. False, and nothing has changed, when
    /// the plan is another one or a node does not take its values.
    /// </summary>
    public bool TryChangeValues(WorkflowPlan plan)
    {
        if (!plan.HasShapeOf(Plan))
            return false;
        for (int i = 0; i < _nodes.Length; i++)
        {
            if (TryApply(_nodes[i], plan.Steps[i].Node.Settings, Plan.Steps[i].Node.Settings))
                continue;
            for (int j = 0; j < i; j++)
                TryApply(_nodes[j], Plan.Steps[j].Node.Settings, plan.Steps[j].Node.Settings);
            return false;
        }

        Plan = plan;
        _hasConstants = _keepsResults = false;
        return true;
    }

    /// <summary>
    /// Takes the running nodes of another runner, with what they remember, where a node here is the same, and gives its own instead;
    /// between two pictures of either.
    /// </summary>
    public void TakeOver(PlanRunner other)
    {
        for (int i = 0; i < _nodes.Length; i++)
        {
            PlanStep step = Plan.Steps[i];
            int from = step.IsConstant ? -1 : other.Find(step);
            if (from >= 0 && TryApply(other._nodes[from], step.Node.Settings, other.Plan.Steps[from].Node.Settings))
                (_nodes[i], other._nodes[from]) = (other._nodes[from], _nodes[i]);
        }

        _keepsResults = false;
    }

    /// <summary>Runs one step; steps that do not depend on one another may be run by two threads.</summary>
    internal void RunStep(int index, bool keepsResults)
    {
        PlanStep step = Plan.Steps[index];
        bool isKept = keepsResults && step.KeepsResults && HasUnchangedInputs(step);
        foreach (int slot in step.Outputs)
            _values.SetUnchanged(slot, isKept);
        if (!isKept)
            RunNode(index, step);
    }

    /// <summary>Gives back what nobody reads after a step.</summary>
    internal void ReleaseAfter(int index)
    {
        foreach (int slot in Plan.Steps[index].LastUsed)
            _values.Release(slot);
    }

    /// <summary>What a step took last.</summary>
    internal long LastTicks(int index) => _times[index].LastTicks;

    /// <summary>Frees the nodes; between two pictures.</summary>
    public void Dispose()
    {
        ReleaseAll(constantsToo: true);
        foreach (Node? node in _nodes)
            node?.Dispose();
    }

    private static Node Create(GraphNode node, NodeResources resources)
    {
        try
        {
            return node.Descriptor.Create!(node.Settings, resources);
        }
        catch (MediaException e)
        {
            throw new MediaException($"node {WorkflowProblems.Quote(node.Id)} ({node.Descriptor.ClassType}): {e.Message}");
        }
    }

    private static bool TryApply(Node node, NodeSettings settings, NodeSettings running)
    {
        try
        {
            return settings.Equals(running) || node.TryApply(settings);
        }
#pragma warning disable CA1031 // A node that fails at this is made anew.
        catch (Exception)
#pragma warning restore CA1031
        {
            return false;
        }
    }

    private int Find(PlanStep wanted)
    {
        for (int i = 0; i < _nodes.Length; i++)
        {
            PlanStep step = Plan.Steps[i];
            if (!step.IsConstant && step.Node.Id == wanted.Node.Id && step.Node.Descriptor == wanted.Node.Descriptor && step.Format == wanted.Format)
                return i;
        }

        return -1;
    }

    /// <summary>Constants are made with the first picture, and again when the stream's colours become others.</summary>
    private void PrepareConstants()
    {
        if (_hasConstants && _constantsAreBt709 == _values.IsBt709)
            return;
        _hasConstants = false;
        for (int i = 0; i < _nodes.Length; i++)
        {
            if (!Plan.Steps[i].IsConstant)
                continue;
            foreach (int slot in Plan.Steps[i].Outputs)
                _values.Release(slot);
            RunStep(i, keepsResults: false);
            ReleaseAfter(i);
            foreach (int slot in Plan.Steps[i].Outputs)
                _values.SetUnchanged(slot, true);
        }

        (_hasConstants, _constantsAreBt709) = (true, _values.IsBt709);
    }

    private void RunNode(int index, PlanStep step)
    {
        long begun = Stopwatch.GetTimestamp();
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
        _times[index].Add(Stopwatch.GetTimestamp() - begun);
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
        if (!Plan.IsConstant(Plan.ResultSlot))
            return _values.Move<VideoFrame>(Plan.ResultSlot);
        var constant = (VideoFrame)_values[Plan.ResultSlot]!;
        VideoFrame copy = _values.Rent(constant.Width, constant.Height);
        copy.CopyPixelsFrom(constant);
        return copy;
    }

    private void ReleaseAll(bool constantsToo)
    {
        for (int slot = 0; slot < Plan.SlotCount; slot++)
        {
            if (constantsToo || !Plan.IsConstant(slot))
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

    /// <summary>Written by the thread that runs, read by any: each number for itself.</summary>
    private struct StepTime
    {
        private long _count;
        private long _totalTicks;
        private long _lastTicks;

        public readonly long LastTicks => _lastTicks;

        public void Add(long ticks)
        {
            Volatile.Write(ref _totalTicks, _totalTicks + ticks);
            Volatile.Write(ref _lastTicks, ticks);
            Volatile.Write(ref _count, _count + 1);
        }

        public NodeTiming Read(GraphNode node) => new(
            node.Id, node.Descriptor.ClassType, Volatile.Read(ref _count),
            Stopwatch.GetElapsedTime(0, Volatile.Read(ref _totalTicks)), Stopwatch.GetElapsedTime(0, Volatile.Read(ref _lastTicks)));
    }
}
