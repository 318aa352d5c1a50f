using ComfyStream.Media;
using ComfyStream.Workflows.Tests.Models;

namespace ComfyStream.Workflows.Tests;

public sealed class WorkflowLibraryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("workflows-").FullName;
    private readonly VideoFramePool _pool = new();
    private readonly WorkflowLibrary _library;

    public WorkflowLibraryTests() => _library = new WorkflowLibrary([_folder, Repository.Workflows], [Repository.Models], _pool);

    public void Dispose()
    {
        _library.Dispose();
        _pool.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Those_that_ship_are_listed_with_a_sentence_each()
    {
        IReadOnlyList<WorkflowSummary> list = _library.List();
        Assert.Equal(Directory.GetFiles(Repository.Workflows, "*.json").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal), list.Select(summary => summary.Name));
        Assert.All(list, summary => Assert.EndsWith(".", summary.Description));
    }

    [Fact]
    public void Those_that_ship_run()
    {
        // Depth does not ship: a generated model stands for it.
        File.WriteAllBytes(Path.Combine(_folder, "depth-anything-v2-small.onnx"), InterfaceModels.DepthAnything());
        using var library = new WorkflowLibrary([Repository.Workflows], [_folder, Repository.Models], _pool);
        foreach (WorkflowSummary summary in library.List())
        {
            Assert.True(library.TryResolve(summary.Name, out IWorkflow? workflow, out string problem), problem);
            Assert.Equal(summary.Name, workflow!.Name);
            Assert.Equal(summary.Name == "passthrough", workflow.IsPassthrough);
            Assert.True(workflow.HasVideoOutput);
            using IFrameProcessor processor = workflow.CreateProcessor();
            processor.Process(_pool.Rent(64, 48)).Return();
        }

        Assert.Equal(0, _pool.RentedCount);
    }

    [Fact]
    public void Of_those_that_ship_none_with_a_blur_shows_its_input_when_it_fails()
    {
        int blurs = 0;
        foreach (string path in Directory.GetFiles(Repository.Workflows, "*.json"))
        {
            if (!File.ReadAllText(path).Contains("Blur", StringComparison.OrdinalIgnoreCase))
                continue;
            blurs++;
            Assert.True(_library.TryResolve(Path.GetFileNameWithoutExtension(path), out IWorkflow? workflow, out string problem), problem);
            Assert.False(workflow!.FailsOpen);
        }

        Assert.True(blurs >= 2);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    [InlineData("null", false)]
    public void Whether_a_workflow_fails_open_stands_in_its_output_node(string given, bool failsOpen)
    {
        string graph = $$"""
            {
              "1": { "class_type": "LoadTensor" },
              "2": { "class_type": "ImageInvert", "inputs": { "image": ["1", 0] } },
              "3": { "class_type": "SaveTensor", "inputs": { "images": ["2", 0], "fail_open": {{given}} } }
            }
            """;
        Assert.True(_library.TryResolve(graph, out IWorkflow? workflow, out string problem), problem);
        Assert.Equal(failsOpen, workflow!.FailsOpen);
    }

    [Fact]
    public void Passthrough_is_there_without_any_file()
    {
        using var library = new WorkflowLibrary([], [], _pool);
        Assert.Equal(["passthrough"], library.List().Select(summary => summary.Name));
        Assert.True(library.TryResolve("passthrough", out IWorkflow? workflow, out _));
        Assert.True(workflow!.IsPassthrough);
        Assert.True(library.Passthrough.IsPassthrough);
        Assert.Equal("passthrough", library.Passthrough.Name);
    }

    [Fact]
    public void A_workflow_of_the_first_folder_hides_one_of_the_next()
    {
        File.Copy(Path.Combine(Repository.Workflows, "passthrough.json"), Path.Combine(_folder, "invert.json"));
        Assert.True(_library.TryResolve("invert", out IWorkflow? workflow, out _));
        Assert.True(workflow!.IsPassthrough);
    }

    [Fact]
    public void A_file_that_is_no_workflow_is_not_listed_and_naming_it_tells_why()
    {
        File.WriteAllText(Path.Combine(_folder, "broken.json"), """{"1":{"class_type":"LoadTensor"}}""");
        Assert.DoesNotContain(_library.List(), summary => summary.Name == "broken");
        Assert.False(_library.TryResolve("broken", out IWorkflow? workflow, out string problem));
        Assert.Null(workflow);
        Assert.Equal("workflow broken: missing output: add a SaveTensor node", problem);
    }

    [Fact]
    public void JSON_is_read_whatever_stands_before_it_and_is_called_custom()
    {
        Assert.True(_library.TryResolve($" \r\n\t[{Graphs.Shipped("invert")}]", out IWorkflow? workflow, out string problem), problem);
        Assert.Equal("custom", workflow!.Name);
        Assert.False(workflow.IsPassthrough);
    }

    [Fact]
    public void An_unknown_name_is_told_those_that_exist()
    {
        Assert.False(_library.TryResolve("blur", out _, out string problem));
        Assert.Equal($"there is no workflow named blur; there are {string.Join(", ", _library.List().Select(summary => summary.Name))}", problem);
    }

    [Theory]
    [InlineData("")]
    [InlineData("invert.json")]
    [InlineData("../workflows/invert")]
    [InlineData("/etc/passwd")]
    [InlineData("a b")]
    [InlineData("invert\n")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void A_client_names_no_paths(string name)
    {
        Assert.False(_library.TryResolve(name, out _, out string problem));
        Assert.Equal("neither a workflow in API format (JSON) nor the name of one (letters, digits, - and _, at most 64)", problem);
    }

    [Fact]
    public void The_operator_may_name_a_file()
    {
        string path = Path.Combine(_folder, "my flow.json");
        File.WriteAllText(path, "\uFEFF" + Graphs.Shipped("invert"));
        Assert.True(_library.TryResolveNameOrFile(path, out IWorkflow? workflow, out string problem), problem);
        Assert.Equal("my flow", workflow!.Name);
        Assert.True(_library.TryResolveNameOrFile("invert", out workflow, out problem), problem);
    }

    [Fact]
    public void The_operator_is_told_what_is_wrong_with_a_file()
    {
        Assert.False(_library.TryResolveNameOrFile("./no-such.json", out _, out string problem));
        Assert.Equal("./no-such.json does not exist; give the name of a workflow or a file in API format", problem);
        Assert.False(_library.TryResolveNameOrFile(_folder, out _, out problem));
        Assert.NotEmpty(problem);

        string large = Path.Combine(_folder, "large.json");
        File.WriteAllText(large, new string(' ', 300 * 1024));
        Assert.False(_library.TryResolveNameOrFile(large, out _, out problem));
        Assert.Equal($"{large} is larger than 256 KiB", problem);
    }

    [Theory]
    [InlineData("background-blur", "selfie-segmentation-landscape")]
    [InlineData("face-blur", "blazeface-front-128")]
    public void A_workflow_whose_model_is_missing_says_so_when_it_is_started(string name, string model)
    {
        using var library = new WorkflowLibrary([Repository.Workflows], [_folder], _pool);
        Assert.True(library.TryResolve(name, out IWorkflow? workflow, out _));
        var e = Assert.Throws<MediaException>(workflow!.CreateProcessor);
        Assert.Contains($"{model}.onnx was not found", e.Message);
        Assert.Contains(_folder, e.Message);
    }

    [Fact]
    public void Streams_of_one_workflow_run_side_by_side_on_one_model()
    {
        Assert.True(_library.TryResolve("background-blur", out IWorkflow? workflow, out _));
        Parallel.For(0, 4, _ =>
        {
            using IFrameProcessor processor = workflow!.CreateProcessor();
            for (int i = 0; i < 5; i++)
                processor.Process(Pictures.Flat(_pool, 320, 180, 100, 100, 100)).Return();
        });
        Assert.Equal(0, _pool.RentedCount);
    }
}
