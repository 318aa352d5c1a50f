using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Workflows;

/// <summary>
/// Makes a plan of a graph: only what the result depends on, each node once, pictures given back after their last reader and
/// overwritten where that reader can. A node here has at most one output.
/// </summary>
internal sealed class WorkflowCompiler
{
    private readonly Dictionary<GraphNode, int> _slots = [];
    private readonly List<GraphNode> _order = [];
    private int _slotCount = 1;

    private WorkflowCompiler()
    {
    }

    public static WorkflowPlan Compile(WorkflowGraph graph)
    {
        var compiler = new WorkflowCompiler();
        GraphNode result = graph.Output.Links[0]!.Source;
        compiler.Visit(result);
        int resultSlot = compiler._slots[result];
        return new WorkflowPlan(compiler.MakeSteps(resultSlot), compiler._slotCount, resultSlot, graph.Output.Settings.Boolean(SaveTensorNode.FailOpen));
    }

    /// <summary>Depth first; the graph has no cycles and <see cref="WorkflowDocument.MaxNodes"/> bounds the depth.</summary>
    private void Visit(GraphNode node)
    {
        if (_slots.ContainsKey(node))
            return;
        if (node.Descriptor.Role == NodeRole.Input)
        {
            _slots.Add(node, WorkflowPlan.InputSlot);
            return;
        }

        foreach (GraphLink? link in node.Links)
        {
            if (link is not null)
                Visit(link.Source);
        }

        _slots.Add(node, _slotCount++);
        _order.Add(node);
    }

    private PlanStep[] MakeSteps(int resultSlot)
    {
        int[][] inputs = [.. _order.Select(node => node.Links.Select(link => link is null ? -1 : _slots[link.Source]).ToArray())];
        int[] lastReader = new int[_slotCount];
        Array.Fill(lastReader, -1);
        for (int i = 0; i < inputs.Length; i++)
        {
            foreach (int slot in inputs[i].Where(slot => slot >= 0))
                lastReader[slot] = i;
        }

        lastReader[resultSlot] = int.MaxValue;
        var steps = new PlanStep[_order.Count];
        for (int i = 0; i < steps.Length; i++)
        {
            int[] lastUsed = [.. inputs[i].Where(slot => slot >= 0 && lastReader[slot] == i).Distinct()];
            steps[i] = new PlanStep(_order[i], inputs[i], _slots[_order[i]], FindOverwritten(_order[i], inputs[i], lastUsed), lastUsed);
        }

        return steps;
    }

    /// <summary>A picture that the node reads through two inputs stays as it is: writing through one would change the other.</summary>
    private static int FindOverwritten(GraphNode node, int[] inputs, int[] lastUsed)
    {
        int overwritable = node.Descriptor.Overwritable;
        if (overwritable < 0)
            return -1;
        int slot = inputs[overwritable];
        return lastUsed.Contains(slot) && inputs.Count(other => other == slot) == 1 ? slot : -1;
    }
}
