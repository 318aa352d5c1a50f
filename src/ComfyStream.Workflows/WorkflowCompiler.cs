using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Workflows;

/// <summary>
/// Makes a plan of a graph: only what the result depends on, equal pure nodes once, what is constant apart, pictures converted where
/// a node cannot read them as they are, given back after their last reader and overwritten where that reader can.
/// </summary>
internal sealed class WorkflowCompiler
{
    private readonly List<GraphNode> _order = [];
    private readonly Dictionary<GraphNode, GraphNode> _sameAs = [];
    private readonly Dictionary<NodeDescriptor, List<GraphNode>> _pure = [];
    private readonly HashSet<GraphNode> _constant = [];
    private readonly Dictionary<(GraphNode Node, int Output, PictureFormat Format), int> _slots = [];
    private readonly List<PlanStep> _steps = [];
    private GraphNode? _input;
    private int _slotCount = 1;

    private WorkflowCompiler()
    {
    }

    /// <param name="inRgb">Nodes that have to work in RGB, because of odd sizes.</param>
    public static WorkflowPlan Compile(WorkflowGraph graph, IReadOnlySet<GraphNode>? inRgb = null) => new WorkflowCompiler().Make(graph, inRgb ?? new HashSet<GraphNode>());

    private WorkflowPlan Make(WorkflowGraph graph, IReadOnlySet<GraphNode> inRgb)
    {
        GraphLink result = graph.Output.Links[0]!;
        Visit(result.Source);
        result = Resolve(result);
        Dictionary<GraphNode, PictureFormat> formats = FormatChooser.Choose(_order, result, inRgb, _constant.Contains, Resolve);
        foreach (GraphNode node in _order)
            AddStep(node, formats[node]);
        int resultSlot = FindSlot(result, PictureFormat.I420);
        Finish(resultSlot);
        return new WorkflowPlan([.. _steps], _slotCount, resultSlot, graph.Output.Settings.Boolean(SaveTensorNode.FailOpen), _sameAs.Where(pair => pair.Key != pair.Value).ToDictionary());
    }

    /// <summary>Depth first; the graph has no cycles and <see cref="WorkflowDocument.MaxNodes"/> bounds the depth.</summary>
    private void Visit(GraphNode node)
    {
        if (_sameAs.ContainsKey(node))
            return;
        foreach (GraphLink? link in node.Links)
        {
            if (link is not null)
                Visit(link.Source);
        }

        GraphNode same = FindSame(node);
        _sameAs.Add(node, same);
        if (same != node)
            return;
        _order.Add(node);
        if (node.Descriptor.IsPure && node.Links.All(link => link is null || _constant.Contains(Resolve(link).Source)))
            _constant.Add(node);
    }

    /// <summary>A node before that gives the same: the stream's picture is one, and so are pure nodes with the same inputs and values.</summary>
    private GraphNode FindSame(GraphNode node)
    {
        if (node.Descriptor.Role == NodeRole.Input)
            return _input ??= node;
        if (!node.Descriptor.IsPure)
            return node;
        if (!_pure.TryGetValue(node.Descriptor, out List<GraphNode>? others))
            _pure.Add(node.Descriptor, others = []);
        GraphNode? same = others.Find(other => HaveSameLinks(node, other) && node.Settings.Equals(other.Settings));
        if (same is null)
            others.Add(node);
        return same ?? node;
    }

    private bool HaveSameLinks(GraphNode node, GraphNode other)
    {
        for (int i = 0; i < node.Links.Length; i++)
        {
            (GraphLink? own, GraphLink? others) = (node.Links[i], other.Links[i]);
            if (own is null || others is null ? own != others : Resolve(own) != Resolve(others))
                return false;
        }

        return true;
    }

    private GraphLink Resolve(GraphLink link) => _sameAs.TryGetValue(link.Source, out GraphNode? same) && same != link.Source ? link with { Source = same } : link;

    private void AddStep(GraphNode node, PictureFormat format)
    {
        if (node.Descriptor.Role == NodeRole.Input)
        {
            _slots.Add((node, 0, PictureFormat.I420), WorkflowPlan.InputSlot);
            return;
        }

        int[] inputs = [.. node.Links.Select(link => link is null ? -1 : FindSlot(Resolve(link), format))];
        int[] outputs = [.. node.Descriptor.Outputs.Select((output, i) => AddSlot(node, i, KeyOf(output.Type, format)))];
        bool canBeInRgb = format == PictureFormat.I420 && node.Descriptor.Formats.Contains(PictureFormat.Rgb);
        _steps.Add(new PlanStep(node, format, inputs, outputs) { IsConstant = _constant.Contains(node), InRgbIfOdd = canBeInRgb ? [node] : [] });
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
        _steps.Add(new PlanStep(new GraphNode(link.Source.Id, conversion), format, [source], [converted]) { IsConstant = _constant.Contains(link.Source) });
        return converted;
    }

    /// <summary>What is no picture has one form.</summary>
    private static PictureFormat KeyOf(LinkType type, PictureFormat format) => type == LinkType.Image ? format : PictureFormat.I420;

    private void Finish(int resultSlot)
    {
        int[] lastUser = new int[_slotCount];
        for (int i = 0; i < _steps.Count; i++)
        {
            foreach (int slot in _steps[i].Inputs.Concat(_steps[i].Outputs).Where(slot => slot >= 0))
                lastUser[slot] = i;
        }

        lastUser[resultSlot] = int.MaxValue;
        foreach (int slot in _steps.Where(step => step.IsConstant).SelectMany(step => step.Outputs))
            lastUser[slot] = int.MaxValue;

        for (int i = 0; i < _steps.Count; i++)
        {
            PlanStep step = _steps[i];
            int[] lastUsed = [.. step.Inputs.Concat(step.Outputs).Where(slot => slot >= 0 && lastUser[slot] == i).Distinct()];
            _steps[i] = step with { LastUsed = lastUsed, OverwrittenSlot = FindOverwritten(step, lastUsed), InRgbIfOdd = FindRgbReaders(step) };
        }
    }

    /// <summary>Of a conversion, those who need not lose the last column or row of an odd size.</summary>
    private IReadOnlyList<GraphNode> FindRgbReaders(PlanStep step) => step.Node.Descriptor == ConvertToI420Node.Descriptor
        ? [.. _steps.Where(reader => reader.Inputs.Contains(step.Outputs[0]) && reader.InRgbIfOdd.Contains(reader.Node)).Select(reader => reader.Node)]
        : step.InRgbIfOdd;

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
