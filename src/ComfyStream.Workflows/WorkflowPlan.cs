using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Workflows;

/// <summary>
/// What to run for a picture, in order. Values have slots: the stream's picture the first, each step's result one of its own.
/// Immutable, shared by streams.
/// </summary>
/// <param name="Steps">In an order in which every step's inputs are there.</param>
/// <param name="SlotCount">Slots that a processor needs.</param>
/// <param name="ResultSlot">Where the result is in the end.</param>
/// <param name="FailsOpen">Whether the stream's picture may be shown where the result is missing.</param>
internal sealed record WorkflowPlan(IReadOnlyList<PlanStep> Steps, int SlotCount, int ResultSlot, bool FailsOpen)
{
    public const int InputSlot = 0;

    /// <summary>Whether the stream's picture is the result.</summary>
    public bool IsPassthrough => ResultSlot == InputSlot;
}

/// <summary>One node of a plan.</summary>
/// <param name="Node">The node.</param>
/// <param name="Inputs">Slot of each link; -1 where it is not connected.</param>
/// <param name="OutputSlot">Slot of the result.</param>
/// <param name="OverwrittenSlot">Slot of the picture that may become the result, because this step is the last to read it; -1 if none.</param>
/// <param name="LastUsed">Slots that nobody reads after this step.</param>
internal sealed record PlanStep(GraphNode Node, int[] Inputs, int OutputSlot, int OverwrittenSlot, int[] LastUsed);
