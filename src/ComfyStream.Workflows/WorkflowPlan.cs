using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Workflows;

/// <summary>
/// What to run for a picture, in order. Values have slots: the stream's picture the first, each output of a step one of its own.
/// Immutable, shared by streams.
/// </summary>
internal sealed class WorkflowPlan
{
    public const int InputSlot = 0;
    private readonly bool[] _isConstant;

    /// <param name="steps">In an order in which every step's inputs are there.</param>
    /// <param name="slotCount">Slots that a processor needs.</param>
    /// <param name="resultSlot">Where the result is in the end, in I420.</param>
    /// <param name="failsOpen">Whether the stream's picture may be shown where the result is missing.</param>
    /// <param name="merged">Nodes that do not run because another one gives the same, and that one.</param>
    public WorkflowPlan(IReadOnlyList<PlanStep> steps, int slotCount, int resultSlot, bool failsOpen, IReadOnlyDictionary<GraphNode, GraphNode> merged)
    {
        (Steps, SlotCount, ResultSlot, FailsOpen, Merged) = (steps, slotCount, resultSlot, failsOpen, merged);
        _isConstant = new bool[slotCount];
        foreach (int slot in steps.Where(step => step.IsConstant).SelectMany(step => step.Outputs))
            _isConstant[slot] = true;
        Sections = PlanSection.Divide(steps);
        MayNeedRgb = steps.Any(step => step.InRgbIfOdd.Count > 0);
    }

    public IReadOnlyList<PlanStep> Steps { get; }

    /// <summary>The steps, divided by what can be run side by side.</summary>
    public IReadOnlyList<PlanSection> Sections { get; }

    public int SlotCount { get; }

    public int ResultSlot { get; }

    public bool FailsOpen { get; }

    public IReadOnlyDictionary<GraphNode, GraphNode> Merged { get; }

    /// <summary>Whether the stream's picture is the result.</summary>
    public bool IsPassthrough => ResultSlot == InputSlot;

    /// <summary>Whether odd sizes would lead to another plan.</summary>
    public bool MayNeedRgb { get; }

    /// <summary>Whether what is in a slot is the same for all pictures.</summary>
    public bool IsConstant(int slot) => _isConstant[slot];

    /// <summary>Whether another plan differs from this one in nothing but the values of its nodes.</summary>
    public bool HasShapeOf(WorkflowPlan other) =>
        SlotCount == other.SlotCount && ResultSlot == other.ResultSlot && Steps.Count == other.Steps.Count
        && Steps.Zip(other.Steps).All(pair => pair.First.HasShapeOf(pair.Second));
}

/// <summary>One node of a plan.</summary>
/// <param name="Node">The node.</param>
/// <param name="Format">What its pictures are in.</param>
/// <param name="Inputs">Slot of each link; -1 where it is not connected.</param>
/// <param name="Outputs">Slot of each output.</param>
internal sealed record PlanStep(GraphNode Node, PictureFormat Format, int[] Inputs, int[] Outputs)
{
    /// <summary>Slot of the picture that may become the first output, because this step is the last to read it; -1 if none.</summary>
    public int OverwrittenSlot { get; init; } = -1;

    /// <summary>Slots that nobody reads after this step.</summary>
    public int[] LastUsed { get; init; } = [];

    /// <summary>Whether it gives the same for all pictures and need run only once.</summary>
    public bool IsConstant { get; init; }

    /// <summary>Nodes that are to work in RGB when this step's pictures turn out to have odd sizes: itself, or a conversion's readers.</summary>
    public IReadOnlyList<GraphNode> InRgbIfOdd { get; init; } = [];

    /// <summary>Whether its results need not be made again while what it reads is unchanged: they stay the node's own.</summary>
    public bool KeepsResults => !IsConstant && !_givesPictures;

    /// <summary>Whether another step differs from this one in nothing but its node's values.</summary>
    public bool HasShapeOf(PlanStep other) =>
        Node.Id == other.Node.Id && Node.Descriptor == other.Node.Descriptor && Format == other.Format && IsConstant == other.IsConstant
        && OverwrittenSlot == other.OverwrittenSlot && Inputs.SequenceEqual(other.Inputs) && Outputs.SequenceEqual(other.Outputs)
        && LastUsed.SequenceEqual(other.LastUsed);

    private readonly bool _givesPictures = Inputs.Length == 0 || Node.Descriptor.Outputs.Any(output => output.Type == LinkType.Image);
}
