using System.Text;

namespace ComfyStream.Workflows;

/// <summary>
/// Collects all that is wrong with a workflow, one line each. What a client wrote is quoted only in clipped, printable pieces,
/// so that the text stays short and harmless whatever was sent.
/// </summary>
internal sealed class WorkflowProblems
{
    private const int MaxLines = 20;
    private const int MaxQuotedChars = 40;
    private readonly List<WorkflowProblem> _kept = [];
    private int _count;

    public bool Any => _count > 0;

    /// <summary>Whether a further problem is only counted.</summary>
    public bool IsFull => _count >= MaxLines;

    /// <summary>Which of several graphs it is about, counted from 1; 0 where there is only one.</summary>
    public int Graph { get; set; }

    /// <summary>The first of them.</summary>
    public IReadOnlyList<WorkflowProblem> Kept => _kept;

    public void Add(string problem) => Add("", "", "", problem);

    public void Add(WorkflowNode node, string problem) => Add(node, "", problem);

    public void Add(WorkflowNode node, string input, string problem) => Add(Quote(node.Id), Quote(node.WrittenClassType), input, problem);

    public static string Describe(WorkflowNode node) =>
        node.WrittenClassType.Length == 0 ? $"node {Quote(node.Id)}" : $"node {Quote(node.Id)} ({Quote(node.WrittenClassType)})";

    /// <summary>Ids in a sentence: <c>node 3</c>, <c>nodes 3, 4 and 5</c>; clipped to a few.</summary>
    public static string NameAll(IEnumerable<WorkflowNode> nodes)
    {
        const int MaxNamed = 6;
        List<string> ids = [.. nodes.Select(node => Quote(node.Id))];
        if (ids.Count == 1)
            return $"node {ids[0]}";
        if (ids.Count > MaxNamed)
            return $"nodes {string.Join(", ", ids.Take(MaxNamed))} and {ids.Count - MaxNamed} more";
        return $"nodes {string.Join(", ", ids.Take(ids.Count - 1))} and {ids[^1]}";
    }

    /// <summary>Text of a client as it may appear in a message: printable and short.</summary>
    public static string Quote(string text)
    {
        bool clipped = text.Length > MaxQuotedChars;
        var quoted = new StringBuilder(MaxQuotedChars + 3);
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, MaxQuotedChars)))
            quoted.Append(char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029' ? '?' : c);
        return clipped ? quoted.Append("...").ToString() : quoted.ToString();
    }

    public override string ToString()
    {
        string text = string.Join('\n', _kept);
        return _count > MaxLines ? $"{text}\nand {_count - MaxLines} more problems" : text;
    }

    private void Add(string nodeId, string classType, string input, string problem)
    {
        if (++_count <= MaxLines)
            _kept.Add(new WorkflowProblem(Graph, nodeId, classType, input, problem));
    }
}
