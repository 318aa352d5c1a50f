using System.Text;

namespace ComfyStream.Workflows.Tests;

public sealed class WorkflowDocumentTests
{
    private const string Valid = """{"1":{"class_type":"SaveTensor","inputs":{"images":["2",0]}},"2":{"class_type":"LoadTensor","inputs":{}}}""";

    [Fact]
    public void ComfyStreams_default_graph_has_no_problems() => Assert.Empty(Graphs.ProblemsOf(Valid));

    [Fact]
    public void A_list_of_one_graph_is_read_as_that_graph() => Assert.Empty(Graphs.ProblemsOf($"[{Valid}]"));

    [Fact]
    public void Of_a_list_every_graph_is_checked()
    {
        using var library = new WorkflowLibrary([], [], new Media.VideoFramePool());
        Assert.True(library.TryResolve($"[{Valid},{Valid}]", out _, out string problem), problem);
        Assert.False(library.TryResolve($$$"""[{{{Valid}}},{"1":{"class_type":"SaveTensor"},"2":{"class_type":"LoadTensor"} },7]""", out _, out problem));
        Assert.Equal(
            [
                "graph 3: a workflow is a JSON object of node id to node, or a list of such objects",
                "graph 2: node 1 (SaveTensor), input images: is missing; link it to an output of type IMAGE",
            ],
            problem.Split('\n'));
    }

    [Fact]
    public void The_first_graph_of_a_list_gives_the_picture()
    {
        using var library = new WorkflowLibrary([], [], new Media.VideoFramePool());
        string inverting = File.ReadAllText(Path.Combine(Repository.Workflows, "invert.json"));
        Assert.True(library.TryResolve($"[{inverting},{Valid}]", out Media.IWorkflow? first, out _));
        Assert.True(library.TryResolve($"[{Valid},{inverting}]", out Media.IWorkflow? second, out _));
        Assert.Equal((false, true), (first!.IsPassthrough, second!.IsPassthrough));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(17)]
    public void A_list_of_another_length_is_refused(int count) =>
        Assert.Equal([$"a list holds 1 to 16 workflows, this one holds {count}"], Graphs.ProblemsOf($"[{string.Join(',', Enumerable.Repeat("{}", count))}]"));

    [Theory]
    [InlineData("7")]
    [InlineData("\"passthrough\"")]
    [InlineData("[[]]")]
    public void Another_JSON_value_is_refused(string json) =>
        Assert.Equal(["a workflow is a JSON object of node id to node, or a list of such objects"], Graphs.ProblemsOf(json));

    [Fact]
    public void Broken_JSON_is_refused_with_the_place_and_without_an_echo() =>
        Assert.Equal(["not valid JSON (or deeper than 32 levels) at line 2, byte 6"], Graphs.ProblemsOf("{\n\"1\": secret }"));

    [Fact]
    public void The_UI_format_is_recognised() =>
        Assert.Equal(
            ["this is ComfyUI's UI format; export the API format (menu Workflow, Export (API); in older versions \"Save (API Format)\" with dev mode on) and send that"],
            Graphs.ProblemsOf("""{"last_node_id":2,"nodes":[{"id":1,"type":"LoadImage"}],"links":[[1,1,0,2,0,"IMAGE"]],"version":0.4}"""));

    [Fact]
    public void A_graph_above_256_KiB_is_refused() =>
        Assert.Equal(["the workflow is larger than 256 KiB; send only the graph in API format"], Graphs.ProblemsOf(Valid + new string(' ', 256 * 1024)));

    [Fact]
    public void The_size_counts_in_bytes() =>
        Assert.Equal(["the workflow is larger than 256 KiB; send only the graph in API format"], Graphs.ProblemsOf($"\"{new string('ü', 140 * 1024)}\""));

    [Fact]
    public void A_graph_of_1000_nodes_is_read_and_one_of_1001_is_refused()
    {
        Assert.Empty(Graphs.ProblemsOf(Chain(998)));
        Assert.Equal(["the workflow has more than 1000 nodes; make it smaller"], Graphs.ProblemsOf(Chain(999)));
    }

    [Fact]
    public void Deep_nesting_is_refused() =>
        Assert.StartsWith("not valid JSON (or deeper than 32 levels)", Assert.Single(Graphs.ProblemsOf(new string('[', 100_000))));

    [Fact]
    public void A_lone_surrogate_is_refused() =>
        Assert.Equal(
            ["a text in the workflow is not valid Unicode; remove the lone surrogate escapes (\\ud800 to \\udfff)"],
            Graphs.ProblemsOf("""{"\ud800":{"class_type":"LoadTensor"}}"""));

    [Fact]
    public void A_node_that_is_no_object_or_has_no_class_is_named() =>
        Assert.Equal(
            [
                "node 3: is not an object; a node has class_type and inputs",
                "node 4: has no class_type; name the node's class",
                "node 5 (LoadTensor): inputs is not an object of input name to value",
            ],
            Graphs.ProblemsOf("""{"3":7,"4":{"inputs":{}},"5":{"class_type":"LoadTensor","inputs":[]},"1":{"class_type":"SaveTensor","inputs":{"images":["5",0]}}}"""));

    [Fact]
    public void An_id_that_is_given_twice_is_named() =>
        Assert.Equal(
            ["node 2 (LoadTensor): this id is given twice; give every node its own"],
            Graphs.ProblemsOf("""{"1":{"class_type":"SaveTensor","inputs":{"images":["2",0]}},"2":{"class_type":"LoadTensor"},"2":{"class_type":"LoadTensor"}}"""));

    [Fact]
    public void Long_and_unprintable_names_are_clipped_and_cleaned()
    {
        string name = "a\\nb\\u0000" + new string('x', 100);
        string problem = Graphs.ProblemsOf($$$"""{"{{{name}}}":{"class_type":"{{{name}}}","inputs":{ } } }""")[2];
        Assert.StartsWith($"node a?b?{new string('x', 36)}... (a?b?{new string('x', 36)}...): there is no such node class", problem);
    }

    [Fact]
    public void Of_many_problems_twenty_are_told_and_the_rest_counted()
    {
        var graph = new StringBuilder("{");
        for (int i = 0; i < 100; i++)
            graph.Append($"\"{i}\":{{\"class_type\":\"NoSuch{i}\"}},");
        string[] problems = Graphs.ProblemsOf($"{graph} \"x\":0}}");
        Assert.Equal(21, problems.Length);
        Assert.Equal("and 83 more problems", problems[20]);
    }

    private static string Chain(int length)
    {
        var graph = new StringBuilder("""{"in":{"class_type":"LoadTensor"}""");
        for (int i = 0; i < length; i++)
            graph.Append($$$""","{{{i}}}":{"class_type":"ImageInvert","inputs":{"image":["{{{(i == 0 ? "in" : i - 1)}}}",0]}}""");
        return graph.Append($$$""","out":{"class_type":"SaveTensor","inputs":{"images":["{{{length - 1}}}",0] } } }""").ToString();
    }
}
