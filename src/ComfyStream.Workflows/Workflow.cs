using System.Diagnostics.CodeAnalysis;
using ComfyStream.Media;
using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Workflows;

/// <summary>A compiled workflow with what its processors need. Immutable.</summary>
public sealed class Workflow : IWorkflow
{
    private readonly WorkflowDocument _document;
    private readonly WorkflowLibrary _library;
    private readonly NodeResources _resources;

    internal Workflow(string name, WorkflowDocument document, WorkflowGraph graph, WorkflowLibrary library, NodeResources resources)
    {
        (Name, _document, Graph, _library, _resources) = (name, document, graph, library, resources);
        Plan = WorkflowCompiler.Compile(graph);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>One sentence; may be empty.</summary>
    public string Description => Graph.Description;

    /// <inheritdoc/>
    public bool IsPassthrough => Plan.IsPassthrough;

    /// <inheritdoc/>
    public bool FailsOpen => Plan.FailsOpen;

    /// <summary>Every plan ends in a picture; workflows for sound or text alone do not exist yet.</summary>
    public bool HasVideoOutput => true;

    /// <summary>Its nodes with their values, in the graph's order, the ones that do not run included.</summary>
    public IReadOnlyList<WorkflowNodeInfo> Nodes => [.. Graph.Nodes.Select(node => new WorkflowNodeInfo(node.Id, node.Descriptor, node.Settings.Values))];

    internal WorkflowGraph Graph { get; }

    internal WorkflowPlan Plan { get; }

    /// <summary>The graph in API format, as it was given, changes included.</summary>
    public string ToJson() => _document.ToJson();

    /// <summary>The plan in words: steps in order, their formats, conversions, what was folded, merged and left out.</summary>
    public string Explain() => PlanExplanation.Write(this);

    /// <inheritdoc/>
    public bool TryWith(IReadOnlyList<WorkflowChange> changes, [NotNullWhen(true)] out IWorkflow? changed, out string problem)
    {
        WorkflowProblems problems = Change(changes, out Workflow? made);
        (changed, problem) = (made, problems.ToString());
        return made is not null;
    }

    /// <summary>The same, with the problems one by one.</summary>
    public bool TryChange(IReadOnlyList<WorkflowChange> changes, [NotNullWhen(true)] out Workflow? changed, out IReadOnlyList<WorkflowProblem> problems)
    {
        problems = Change(changes, out changed).Kept;
        return changed is not null;
    }

    /// <inheritdoc/>
    public IFrameProcessor CreateProcessor() => new WorkflowProcessor(Graph, Plan, _resources);

    /// <summary>The same, with other threads for its branches.</summary>
    internal IFrameProcessor CreateProcessor(BranchPool branches) => new WorkflowProcessor(Graph, Plan, _resources.With(branches));

    private WorkflowProblems Change(IReadOnlyList<WorkflowChange> changes, out Workflow? changed)
    {
        var problems = new WorkflowProblems();
        WorkflowDocument document = _document.With(changes, Graph, problems);
        changed = problems.Any ? null : _library.Compile(document, Name, problems);
        return problems;
    }
}
