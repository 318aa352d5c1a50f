namespace ComfyStream.Workflows.Tests;

/// <summary>Reads graphs for tests.</summary>
internal static class Graphs
{
    /// <summary>Every line that is said about a workflow; none when it is fine.</summary>
    public static string[] ProblemsOf(string json)
    {
        var problems = new WorkflowProblems();
        WorkflowGraph? graph = WorkflowValidator.Read(json, NodeCatalog.BuiltIn, problems);
        Assert.Equal(problems.Any, graph is null);
        return problems.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public static WorkflowPlan Compile(string json, NodeCatalog? catalog = null)
    {
        var problems = new WorkflowProblems();
        WorkflowGraph? graph = WorkflowValidator.Read(json, catalog ?? NodeCatalog.BuiltIn, problems);
        Assert.True(graph is not null, problems.ToString());
        return WorkflowCompiler.Compile(graph);
    }

    public static string Shipped(string name) => File.ReadAllText(Path.Combine(Repository.Workflows, name + ".json"));
}
