namespace ComfyStream.Workflows;

/// <summary>Something that is wrong with a graph. What a client wrote appears only in clipped, printable pieces.</summary>
/// <param name="Graph">Which of several graphs, counted from 1; 0 where there is only one.</param>
/// <param name="NodeId">The node's key; "" where it is about all of the graph.</param>
/// <param name="ClassType">The node's class as written; may be "".</param>
/// <param name="Input">The input's name; "" where it is about all of the node.</param>
/// <param name="Message">What is wrong, and what to do.</param>
public sealed record WorkflowProblem(int Graph, string NodeId, string ClassType, string Input, string Message)
{
    /// <summary>All of it in one line.</summary>
    public override string ToString()
    {
        string graph = Graph == 0 ? "" : $"graph {Graph}: ";
        string node = NodeId.Length == 0 ? "" : ClassType.Length == 0 ? $"node {NodeId}" : $"node {NodeId} ({ClassType})";
        string input = Input.Length == 0 ? "" : $", input {Input}";
        return node.Length == 0 ? graph + Message : $"{graph}{node}{input}: {Message}";
    }
}
