namespace ComfyStream.Workflows;

/// <summary>
/// How ComfyStream reads a workflow made for stills as one for a stream: which nodes stand for the stream's input and output, how
/// many there may be, and which become <c>LoadTensor</c> and <c>SaveTensor</c>.
/// </summary>
internal static class ComfyStreamConventions
{
    private const string PrimaryInput = "PrimaryInputLoadImage";
    private const string LoadImage = "LoadImage";
    private const string LoadTensor = "LoadTensor";
    private const string SaveTensor = "SaveTensor";
    private const int MaxInputs = 2;
    private const int MaxOutputs = 3;

    /// <summary>What gives the stream's picture; one that comes earlier here goes before one that comes later.</summary>
    public static readonly IReadOnlyList<string> ImageOutputs = [SaveTensor, "SaveImage", "PreviewImage"];

    private static readonly string[] OtherInputs = [LoadTensor, LoadImage, "LoadAudioTensor"];
    private static readonly string[] Outputs = [.. ImageOutputs, "SaveAudioTensor", "SaveTextTensor"];

    /// <summary>Checks the counts and rewrites the classes. The first words of each problem are ComfyStream's own.</summary>
    public static WorkflowDocument Apply(WorkflowDocument document, WorkflowProblems problems)
    {
        CheckCounts(document, problems);

        bool loadImageIsInput = !document.Nodes.Any(node => node.ClassType == PrimaryInput)
            && document.Nodes.Count(node => node.ClassType == LoadImage) == 1;
        return document.WithNodes(document.Nodes.Select(node => node.ClassType switch
        {
            LoadImage when loadImageIsInput => node with { ClassType = PrimaryInput },
            var name when ImageOutputs.Contains(name) => node with { ClassType = SaveTensor },
            _ => node,
        }));
    }

    private static void CheckCounts(WorkflowDocument document, WorkflowProblems problems)
    {
        WorkflowNode[] primary = [.. document.Nodes.Where(node => node.ClassType == PrimaryInput)];
        WorkflowNode[] others = [.. document.Nodes.Where(node => OtherInputs.Contains(node.ClassType))];
        WorkflowNode[] outputs = [.. document.Nodes.Where(node => Outputs.Contains(node.ClassType))];

        if (primary.Length > 1)
            problems.Add($"too many primary inputs in prompt: {WorkflowProblems.NameAll(primary)}; keep one {PrimaryInput}");
        else if (primary.Length == 0 && others.Length > MaxInputs)
            problems.Add($"too many inputs in prompt: {WorkflowProblems.NameAll(others)}; keep {MaxInputs}, or make one of them a {PrimaryInput}");
        if (outputs.Length > MaxOutputs)
            problems.Add($"too many outputs in prompt: {WorkflowProblems.NameAll(outputs)}; keep {MaxOutputs}");
        if (primary.Length + others.Length == 0)
            problems.Add($"missing input: add a {LoadTensor} node");
        if (outputs.Length == 0)
            problems.Add($"missing output: add a {SaveTensor} node");
    }
}
