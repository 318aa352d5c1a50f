using System.Text;
using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Workflows;

/// <summary>A plan in words: what runs, in which format, what was folded, merged, left out and overwritten.</summary>
internal sealed class PlanExplanation
{
    private readonly StringBuilder _text = new();
    private readonly Workflow _workflow;
    private readonly WorkflowPlan _plan;
    private readonly Dictionary<int, string> _slotNames = new() { [WorkflowPlan.InputSlot] = "the stream's picture" };

    private PlanExplanation(Workflow workflow)
    {
        (_workflow, _plan) = (workflow, workflow.Plan);
        for (int i = 0; i < _plan.Steps.Count; i++)
        {
            foreach (int slot in _plan.Steps[i].Outputs)
                _slotNames[slot] = $"step {i + 1}";
        }
    }

    public static string Write(Workflow workflow)
    {
        var explanation = new PlanExplanation(workflow);
        explanation.WriteAll();
        return explanation._text.ToString();
    }

    private void WriteAll()
    {
        _text.AppendLine(_workflow.Description.Length > 0 ? $"{_workflow.Name}: {_workflow.Description}" : _workflow.Name);
        if (_plan.IsPassthrough)
            _text.AppendLine("The stream's picture is the result: it is forwarded without being decoded.");
        WriteSteps("Once, before the first picture:", isConstant: true);
        WriteSteps("For every picture:", isConstant: false);
        WriteBranches();
        if (!_plan.IsPassthrough)
            _text.AppendLine($"The result is that of {_slotNames[_plan.ResultSlot]}. {(_plan.FailsOpen ? "The input is shown where it is missing." : "The input is never shown in its place.")}");
        if (!_plan.IsPassthrough)
            WriteCounts();
        WriteFolded();
        WriteMerged();
        WriteDropped();
    }

    private void WriteSteps(string title, bool isConstant)
    {
        if (!_plan.Steps.Any(step => step.IsConstant == isConstant))
            return;
        _text.AppendLine(title);
        for (int i = 0; i < _plan.Steps.Count; i++)
        {
            if (_plan.Steps[i].IsConstant == isConstant)
                _text.AppendLine($"  {i + 1,3}. {Describe(_plan.Steps[i])}");
        }
    }

    private string Describe(PlanStep step)
    {
        NodeDescriptor descriptor = step.Node.Descriptor;
        var parts = new List<string>();
        string[] read = [.. step.Inputs.Where(slot => slot >= 0).Distinct().Select(slot => _slotNames[slot])];
        if (read.Length > 0)
            parts.Add($"reads {string.Join(", ", read)}");
        if (descriptor.Outputs.Count > 0)
            parts.Add($"gives {string.Join(", ", descriptor.Outputs.Select(output => output.Type.Name))}");
        if (step.OverwrittenSlot >= 0)
            parts.Add($"overwrites {_slotNames[step.OverwrittenSlot]}");
        bool hasPictures = descriptor.Links.Any(link => link.Type == LinkType.Image) || descriptor.Outputs.Any(output => output.Type == LinkType.Image);
        string format = !hasPictures ? "-" : IsConversion(step) ? "" : step.Format == PictureFormat.I420 ? "I420" : "RGB";
        return $"{$"{descriptor.ClassType} ({WorkflowProblems.Quote(step.Node.Id)})",-36} {format,-5} {string.Join("; ", parts)}".TrimEnd();
    }

    private void WriteBranches()
    {
        foreach (PlanSection section in _plan.Sections.Where(section => section.Branches.Count > 1))
        {
            IEnumerable<string> branches = section.Branches.Select(branch => string.Join(", ", branch.Select(step => step + 1)));
            _text.AppendLine($"Side by side where they take long enough and a thread is idle: steps {string.Join(" | ", branches)}.");
        }
    }

    private void WriteCounts()
    {
        int conversions = _plan.Steps.Count(step => !step.IsConstant && IsConversion(step));
        int overwritten = _plan.Steps.Count(step => step.OverwrittenSlot >= 0);
        _text.AppendLine($"{Count(conversions, "conversion")} for every picture; {Count(overwritten, "step")} in place.");
        if (_plan.MayNeedRgb)
            _text.AppendLine("Nodes in I420 that can work in RGB do so should their pictures turn out to have odd sizes.");
    }

    private void WriteFolded()
    {
        foreach (GraphNode node in _workflow.Graph.Nodes)
        {
            foreach (GraphNode source in node.ValueSources.Distinct())
                _text.AppendLine($"Folded: {Name(source)} into {Name(node)}.");
        }
    }

    private void WriteMerged()
    {
        foreach ((GraphNode node, GraphNode other) in _plan.Merged)
            _text.AppendLine($"Merged: {Name(node)} gives the same as {Name(other)}.");
    }

    private void WriteDropped()
    {
        HashSet<GraphNode> used = [_workflow.Graph.Output, .. _plan.Steps.Select(step => step.Node), .. _plan.Merged.Keys, .. _plan.Merged.Values];
        HashSet<GraphNode> folded = [.. _workflow.Graph.Nodes.SelectMany(node => node.ValueSources)];
        foreach (GraphNode node in _workflow.Graph.Nodes)
        {
            if (!used.Contains(node) && !folded.Contains(node) && node.Descriptor.Role != NodeRole.Input)
                _text.AppendLine($"Left out: {Name(node)}; the result does not depend on it.");
        }
    }

    private static bool IsConversion(PlanStep step) =>
        step.Node.Descriptor == ConvertToRgbNode.Descriptor || step.Node.Descriptor == ConvertToI420Node.Descriptor;

    private static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    private static string Name(GraphNode node) => $"node {WorkflowProblems.Quote(node.Id)} ({node.Descriptor.ClassType})";
}
