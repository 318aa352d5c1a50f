using ComfyStream.Media;
using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Workflows;

/// <summary>A compiled workflow with what its processors need. Immutable.</summary>
internal sealed class Workflow(string name, string description, WorkflowPlan plan, NodeResources resources) : IWorkflow
{
    /// <inheritdoc/>
    public string Name => name;

    public string Description => description;

    public WorkflowPlan Plan => plan;

    /// <inheritdoc/>
    public bool IsPassthrough => plan.IsPassthrough;

    /// <inheritdoc/>
    public bool FailsOpen => plan.FailsOpen;

    /// <summary>Every plan ends in a picture; workflows for sound or text alone do not exist yet.</summary>
    public bool HasVideoOutput => true;

    /// <inheritdoc/>
    public IFrameProcessor CreateProcessor() => new WorkflowProcessor(plan, resources);
}
