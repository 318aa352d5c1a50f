using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Workflows;

/// <summary>
/// What to run for a picture, in order. Values have slots: the stream's picture the first, each output of a step one of its own.
/// Immutable, shared by streams.
/// </summary>
/// <param name="Steps">In an order in which every step's inputs are there.</param>
/// <param name="SlotCount">Slots that a processor needs.</param>
/// <param name="ResultSlot">Where the result is in the end, in I420.</param>
/// <param name="FailsOpen">Whether the stream's picture may be shown where the result is missing.</param>
internal sealed record WorkflowPlan(IReadOnlyList<PlanStep> Steps, int SlotCount, int ResultSlot, bool FailsOpen)
{
    public const int InputSlot = 0;

    private readonly HashSet<int> _constant = [.. Steps.Where(step => step.IsConstant).SelectMany(step => step.Outputs)];

    /// <summary>Whether the stream's picture is the result.</summary>
    public bool IsPassthrough => ResultSlot == InputSlot;

    /// <summary>Whether what is in a slot is the same for all pictures.</summary>
    public bool IsConstant(int slot) => _constant.Contains(slot);
}

/// <summary>One node of a plan.</summary>
/// <param name="Node">The node.</param>
/// <param name="Format">What its pictures are in.</param>
/// <param name="Inputs">Slot of each link; -1 where it is not connected.</param>
/// <param name="Outputs">Slot of each output.</param>
/// <param name="OverwrittenSlot">Slot of the picture that may become the first output, because this step is the last to read it; -1 if none.</param>
/// <param name="LastUsed">Slots that nobody reads after this step.</param>
/// <param name="IsConstant">Whether it gives the same for all pictures and need run only once.</param>
internal sealed record PlanStep(
    GraphNode Node, PictureFormat Format, int[] Inputs, int[] Outputs, int OverwrittenSlot, int[] LastUsed, bool IsConstant)
{
    /// <summary>Whether its results need not be made again while what it reads is unchanged: they stay the node's own.</summary>
    public bool KeepsResults { get; } = !IsConstant && Inputs.Length > 0 && Node.Descriptor.Outputs.All(output => output.Type != LinkType.Image);
}
