using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Workflows;

/// <summary>
/// Makes a plan of a graph: only what the result depends on, each node once, pictures converted where a node cannot read them as they
/// are, given back after their last reader and overwritten where that reader can.
/// </summary>
internal sealed class WorkflowCompiler
{
    private readonly List<GraphNode> _order = [];
    private readonly HashSet<GraphNode> _seen = [];
    private readonly Dictionary<(GraphNode Node, int Output, PictureFormat Format), int> _slots = [];
    private readonly HashSet<int> _constantSlots = [];
    private readonly List<PlanStep> _steps = [];
    private int _slotCount = 1;

    private WorkflowCompiler()
    {
    }

    public static WorkflowPlan Compile(WorkflowGraph graph)
    {
        var compiler = new WorkflowCompiler();
        GraphLink result = graph.Output.Links[0]!;
        compiler.Visit(result.Source);
        foreach (GraphNode node in compiler._order)
            compiler.AddStep(node, ChooseFormat(node));
        int resultSlot = compiler.FindSlot(result, PictureFormat.I420);
        return new WorkflowPlan(compiler.AssignLifetimes(resultSlot), compiler._slotCount, resultSlot, graph.Output.Settings.Boolean(SaveTensorNode.FailOpen));
    }

    /// <summary>Depth first; the graph has no cycles and <see cref="WorkflowDocument.MaxNodes"/> bounds the depth.</summary>
    private void Visit(GraphNode node)
    {
        if (!_seen.Add(node))
            return;
        if (node.Descriptor.Role == NodeRole.Input)
        {
            _slots.Add((node, 0, PictureFormat.I420), WorkflowPlan.InputSlot);
            return;
        }

        foreach (GraphLink? link in node.Links)
        {
            if (link is not null)
                Visit(link.Source);
        }

        _order.Add(node);
    }

    private static PictureFormat ChooseFormat(GraphNode node) =>
        node.Descriptor.Formats.Contains(PictureFormat.I420) ? PictureFormat.I420 : node.Descriptor.Formats[0];

    private void AddStep(GraphNode node, PictureFormat format)
    {
        int[] inputs = [.. node.Links.Select(link => link is null ? -1 : FindSlot(link, format))];
        int[] outputs = [.. node.Descriptor.Outputs.Select((output, i) => AddSlot(node, i, KeyOf(output.Type, format)))];
        Add(node, format, inputs, outputs);
    }

    private void Add(GraphNode node, PictureFormat format, int[] inputs, int[] outputs)
    {
        bool isConstant = node.Descriptor.IsPure && inputs.All(slot => slot < 0 || _constantSlots.Contains(slot));
        if (isConstant)
            _constantSlots.UnionWith(outputs);
        _steps.Add(new PlanStep(node, format, inputs, outputs, -1, [], isConstant));
    }

    private int AddSlot(GraphNode node, int output, PictureFormat format)
    {
        _slots.Add((node, output, format), _slotCount);
        return _slotCount++;
    }

    /// <summary>Where a value is in a format; converts a picture when it is only there in the other one.</summary>
    private int FindSlot(GraphLink link, PictureFormat format)
    {
        LinkType type = link.Source.Descriptor.Outputs[link.Output].Type;
        if (_slots.TryGetValue((link.Source, link.Output, KeyOf(type, format)), out int slot))
            return slot;
        int source = _slots[(link.Source, link.Output, format == PictureFormat.I420 ? PictureFormat.Rgb : PictureFormat.I420)];
        int converted = AddSlot(link.Source, link.Output, format);
        NodeDescriptor conversion = format == PictureFormat.I420 ? ConvertToI420Node.Descriptor : ConvertToRgbNode.Descriptor;
        Add(new GraphNode(link.Source.Id, conversion), format, [source], [converted]);
        return converted;
    }

    /// <summary>What is no picture has one form.</summary>
    private static PictureFormat KeyOf(LinkType type, PictureFormat format) => type == LinkType.Image ? format : PictureFormat.I420;

    private PlanStep[] AssignLifetimes(int resultSlot)
    {
        int[] lastUser = new int[_slotCount];
        for (int i = 0; i < _steps.Count; i++)
        {
            foreach (int slot in _steps[i].Inputs.Concat(_steps[i].Outputs).Where(slot => slot >= 0))
                lastUser[slot] = i;
        }

        foreach (int slot in _constantSlots.Append(resultSlot))
            lastUser[slot] = int.MaxValue;
        return [.. _steps.Select((step, i) =>
        {
            int[] lastUsed = [.. step.Inputs.Concat(step.Outputs).Where(slot => slot >= 0 && lastUser[slot] == i).Distinct()];
            return step with { OverwrittenSlot = FindOverwritten(step, lastUsed), LastUsed = lastUsed };
        })];
    }

    /// <summary>A picture that the node reads through two inputs stays as it is: writing through one would change the other.</summary>
    private static int FindOverwritten(PlanStep step, int[] lastUsed)
    {
        int overwritable = step.Node.Descriptor.Overwritable;
        if (overwritable < 0)
            return -1;
        int slot = step.Inputs[overwritable];
        return lastUsed.Contains(slot) && step.Inputs.Count(other => other == slot) == 1 ? slot : -1;
    }
}
