using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Workflows.Tests;

/// <summary>Reads graphs for tests.</summary>
internal static class Graphs
{
    /// <summary>Every line that is said about a workflow; none when it is fine.</summary>
    public static string[] ProblemsOf(string json)
    {
        var problems = new WorkflowProblems();
        WorkflowGraph? graph = Read(json, NodeCatalog.BuiltIn, problems);
        Assert.Equal(problems.Any, graph is null);
        return problems.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public static WorkflowPlan Compile(string json, NodeCatalog? catalog = null) => WorkflowCompiler.Compile(Read(json, catalog));

    public static WorkflowGraph Read(string json, NodeCatalog? catalog = null)
    {
        var problems = new WorkflowProblems();
        WorkflowGraph? graph = Read(json, catalog ?? NodeCatalog.BuiltIn, problems);
        Assert.True(graph is not null, problems.ToString());
        return graph;
    }

    public static WorkflowProcessor Start(string json, NodeResources resources, NodeCatalog? catalog = null)
    {
        WorkflowGraph graph = Read(json, catalog);
        return new WorkflowProcessor(graph, WorkflowCompiler.Compile(graph), resources);
    }

    public static string Shipped(string name) => File.ReadAllText(Path.Combine(Repository.Workflows, name + ".json"));

    private static WorkflowGraph? Read(string json, NodeCatalog catalog, WorkflowProblems problems) =>
        WorkflowDocument.Read(json, problems) is [{ } document, ..] ? WorkflowValidator.Check(document, catalog, problems) : null;
}
