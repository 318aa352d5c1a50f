using System.Text.Json.Serialization;
using ComfyStream.Workflows;

namespace ComfyStream.Server.Control;

/// <summary>Something that is wrong with a workflow, in the body of a 422.</summary>
/// <param name="NodeId">The node's key; "" where it is about all of the graph.</param>
/// <param name="ClassType">Its class; may be "".</param>
/// <param name="Input">The input; "" where it is about all of the node.</param>
/// <param name="Message">What is wrong, and what to do.</param>
internal sealed record GraphProblem(string NodeId, string ClassType, string Input, string Message)
{
    /// <summary>Which of several graphs, counted from 1; left out where there is only one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Graph { get; init; }

    public static IReadOnlyList<GraphProblem> From(IEnumerable<WorkflowProblem> problems) =>
        [.. problems.Select(problem => new GraphProblem(problem.NodeId, problem.ClassType, problem.Input, problem.Message) { Graph = problem.Graph })];
}
