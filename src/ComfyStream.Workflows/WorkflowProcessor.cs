using ComfyStream.Media;
using ComfyStream.Workflows.Nodes;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows;

/// <summary>
/// A workflow at work for one stream, which can become another between two pictures. <see cref="Process"/> is called by one thread at
/// a time; allocates nothing per picture once warm.
/// </summary>
internal sealed class WorkflowProcessor : IFrameProcessor
{
    /// <summary>A picture that takes longer hangs; what waits for its end gives up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The picture that warms a workflow up is so much older than the stream's, so that nodes take what follows as new.</summary>
    private static readonly TimeSpan LongAgo = TimeSpan.FromHours(1);

    private readonly NodeResources _resources;

    // One preparation at a time; held before the other one.
    private readonly Lock _preparation = new();

    // Held while a picture is processed: whoever has it is between two pictures. Guards all that follows.
    private readonly Lock _boundary = new();
    private WorkflowGraph _graph;
    private HashSet<GraphNode> _inRgb = [];
    private (int Width, int Height) _size;
    private TimeSpan _mediaTime;
    private bool _disposed;

    // Also read without the lock, by those who cancel or look at timings.
    private volatile PlanRunner _runner;

    /// <exception cref="MediaException">A model is missing or cannot be loaded.</exception>
    public WorkflowProcessor(WorkflowGraph graph, WorkflowPlan plan, NodeResources resources)
    {
        (_graph, _resources) = (graph, resources);
        _runner = new PlanRunner(plan, resources);
    }

    /// <inheritdoc/>
    public IReadOnlyList<NodeTiming> Timings => _runner.Timings;

    /// <inheritdoc/>
    public VideoFrame Process(VideoFrame input)
    {
        lock (_boundary)
        {
            bool isNewSize = _size != (input.Width, input.Height);
            (_size, _mediaTime) = ((input.Width, input.Height), input.MediaTime);
            return isNewSize && _runner.Plan.MayNeedRgb ? ProcessFirst(input) : ProcessNext(input);
        }
    }

    /// <inheritdoc/>
    public void Cancel() => _runner.Cancel();

    /// <inheritdoc/>
    public void Replace(IWorkflow next, CancellationToken cancellation = default)
    {
        if (next is not Workflow workflow)
            throw new MediaException($"the workflow {next.Name} is not one of this library");
        lock (_preparation)
        {
            if (!TryChangeValues(workflow.Graph, workflow.Plan))
                ExchangeAll(workflow.Graph, workflow.Plan, cancellation);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_boundary)
        {
            _disposed = true;
            _runner.Dispose();
        }
    }

    /// <summary>
    /// A size at which a node turns out to give odd pictures makes another plan: the first picture of a size is kept, so that it can
    /// go through that one, too.
    /// </summary>
    private VideoFrame ProcessFirst(VideoFrame input)
    {
        VideoFrame again = Copy(input);
        try
        {
            while (true)
            {
                try
                {
                    return _runner.Process(input);
                }
                catch (OddSizeException odd)
                {
                    UseRgb(odd.Nodes);
                    input = Copy(again);
                }
            }
        }
        finally
        {
            again.Return();
        }
    }

    private VideoFrame ProcessNext(VideoFrame input)
    {
        try
        {
            return _runner.Process(input);
        }
        catch (OddSizeException odd)
        {
            // The picture is lost, the next one is not.
            UseRgb(odd.Nodes);
            throw;
        }
    }

    private VideoFrame Copy(VideoFrame source)
    {
        VideoFrame copy = _resources.Frames.Rent(source.Width, source.Height);
        copy.CopyPropertiesFrom(source);
        copy.CopyPixelsFrom(source);
        return copy;
    }

    private void UseRgb(IReadOnlyList<GraphNode> nodes)
    {
        HashSet<GraphNode> inRgb = [.. _inRgb, .. nodes];
        PlanRunner before = _runner;
        _runner = new PlanRunner(WorkflowCompiler.Compile(_graph, inRgb), _resources);
        _inRgb = inRgb;
        before.Dispose();
    }

    /// <summary>Gives running nodes other values; false when the graph is another one, or a node has to be made anew.</summary>
    private bool TryChangeValues(WorkflowGraph graph, WorkflowPlan plan)
    {
        EnterBoundary();
        try
        {
            if (_inRgb.Count > 0)
                plan = WorkflowCompiler.Compile(graph, InGraph(graph, _inRgb));
            if (!_runner.TryChangeValues(plan))
                return false;
            (_graph, _inRgb) = (graph, InGraph(graph, _inRgb));
            return true;
        }
        finally
        {
            _boundary.Exit();
        }
    }

    /// <summary>
    /// Takes running nodes over where the graph is the same, and makes those anew whose values are others; makes all anew where it is
    /// another one.
    /// </summary>
    private void ExchangeAll(WorkflowGraph graph, WorkflowPlan plan, CancellationToken cancellation)
    {
        HashSet<GraphNode> inRgb = InGraph(graph, _inRgb);
        if (inRgb.Count > 0)
            plan = WorkflowCompiler.Compile(graph, inRgb);
        PlanRunner made = Prepare(plan, cancellation);
        try
        {
            EnterBoundary();
            try
            {
                made.TakeOver(_runner);
                (made, _runner) = (_runner, made);
                (_graph, _inRgb, _size) = (graph, inRgb, default);
            }
            finally
            {
                _boundary.Exit();
            }
        }
        finally
        {
            made.Dispose();
        }
    }

    private PlanRunner Prepare(WorkflowPlan plan, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var runner = new PlanRunner(plan, _resources);
        try
        {
            using CancellationTokenRegistration registration = cancellation.Register(runner.Cancel);
            Warm(runner);
            cancellation.ThrowIfCancellationRequested();
            return runner;
        }
        catch (Exception failure)
        {
            runner.Dispose();
            if (failure is OperationCanceledException or MediaException)
                throw;
            throw new MediaException($"the workflow fails: {failure.Message}");
        }
    }

    private void Warm(PlanRunner runner)
    {
        (int width, int height, TimeSpan mediaTime) = LastPicture();
        if (width == 0)
            return;
        VideoFrame grey = _resources.Frames.Rent(width, height);
        grey.Fill(128, 128, 128);
        grey.MediaTime = mediaTime - LongAgo;
        try
        {
            runner.Process(grey).Return();
        }
        catch (OddSizeException)
        {
            // The stream's next picture finds that out, too, and makes another plan.
        }
    }

    private (int Width, int Height, TimeSpan MediaTime) LastPicture()
    {
        EnterBoundary();
        (int, int, TimeSpan) picture = (_size.Width, _size.Height, _mediaTime);
        _boundary.Exit();
        return picture;
    }

    private void EnterBoundary()
    {
        if (!_boundary.TryEnter(Patience))
            throw new MediaException("the running workflow hangs; try again when it has been ended");
        if (!_disposed)
            return;
        _boundary.Exit();
        throw new MediaException("the stream has ended");
    }

    /// <summary>The same nodes, by id, of another graph.</summary>
    private static HashSet<GraphNode> InGraph(WorkflowGraph graph, HashSet<GraphNode> nodes) =>
        [.. graph.Nodes.Where(node => nodes.Any(other => other.Id == node.Id && other.Descriptor == node.Descriptor))];
}
