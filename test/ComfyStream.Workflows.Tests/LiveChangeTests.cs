using System.Text.Json;
using ComfyStream.Media;
using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Workflows.Tests;

/// <summary>Values and graphs that change while a stream runs.</summary>
public sealed class LiveChangeTests : IDisposable
{
    private readonly VideoFramePool _frames = new();
    private readonly WorkflowLibrary _library;
    private readonly ScriptedNode.Log _first = new();
    private readonly ScriptedNode.Log _second = new();

    public LiveChangeTests()
    {
        LinkType[] image = [LinkType.Image];
        _library = new WorkflowLibrary([Repository.Workflows], [Repository.Models], _frames)
        {
            Catalog = new NodeCatalog(
                NodeCatalog.BuiltIn.Descriptors,
                [
                    ScriptedNode.Describe("First", _first, ScriptedNode.GivesPicture(), image, image, overwritable: 0),
                    ScriptedNode.Describe("Second", _second, ScriptedNode.GivesPicture(), image, image, overwritable: 0),
                ]),
        };
    }

    public void Dispose()
    {
        Assert.Equal(0, _frames.RentedCount);
        _library.Dispose();
        _frames.Dispose();
    }

    [Fact]
    public void Values_change_from_one_picture_to_the_next_without_a_new_node_where_it_takes_them()
    {
        _first.Applies = true;
        IWorkflow workflow = Resolve(Pair());
        using IFrameProcessor processor = workflow.CreateProcessor();
        Run(processor);
        Replace(processor, With(workflow, ("a", "value", "7")));
        Run(processor);
        Assert.Equal([0, 7], _first.Values);
        Assert.Equal((1, 1, 0), (_first.Made, _first.Applied, _first.Disposed));
        Assert.Equal(1, _second.Made);
    }

    [Fact]
    public void A_node_that_does_not_take_values_is_made_anew_and_the_others_go_on()
    {
        IWorkflow workflow = Resolve(Pair());
        using IFrameProcessor processor = workflow.CreateProcessor();
        Run(processor);
        Replace(processor, With(workflow, ("a", "value", "7")));
        _first.Values.Clear();
        _second.Values.Clear();
        Run(processor);
        Assert.Equal([7], _first.Values);
        Assert.Equal(_first.Made - 1, _first.Disposed);
        Assert.Equal(_second.Made - 1, _second.Disposed);
        Assert.Equal(0, _second.Applied);
    }

    [Fact]
    public void When_one_of_two_nodes_refuses_both_change_at_once_all_the_same()
    {
        _first.Applies = true;
        IWorkflow workflow = Resolve(Pair());
        using IFrameProcessor processor = workflow.CreateProcessor();
        Run(processor);
        Replace(processor, With(workflow, ("a", "value", "7"), ("b", "value", "8")));
        _first.Values.Clear();
        _second.Values.Clear();
        Run(processor);
        Assert.Equal([7, 8], _first.Values.Concat(_second.Values));
    }

    [Fact]
    public void When_a_change_fails_everything_stays_as_it_was()
    {
        _first.Applies = true;
        IWorkflow workflow = Resolve(Pair());
        using IFrameProcessor processor = workflow.CreateProcessor();
        Run(processor);
        _second.FailsToBeMade = true;
        MediaException e = Assert.Throws<MediaException>(() => Replace(processor, With(workflow, ("a", "value", "7"), ("b", "value", "8"))));
        Assert.Equal("node b (Second): no such model", e.Message);
        Run(processor);
        Assert.Equal([0, 0, 0, 0], _first.Values.Concat(_second.Values));
    }

    [Fact]
    public void Another_graph_takes_the_place_of_the_running_one_and_has_seen_a_picture_before()
    {
        using IFrameProcessor processor = Resolve(Pair()).CreateProcessor();
        Run(processor);
        Replace(processor, Resolve(Single("Second")));
        Assert.Equal(2, _second.Runs);
        Run(processor);
        Assert.Equal(["Second"], processor.Timings.Select(timing => timing.ClassType));
        Assert.Equal(_first.Made, _first.Disposed);
    }

    [Fact]
    public void A_graph_that_fails_leaves_the_running_one_alone()
    {
        using IFrameProcessor processor = Resolve(Single("First")).CreateProcessor();
        Run(processor);
        _second.FailsToBeMade = true;
        Assert.Throws<MediaException>(() => Replace(processor, Resolve(Pair())));
        Run(processor);
        Assert.Equal(["First"], processor.Timings.Select(timing => timing.ClassType));
        Assert.Equal(_first.Made - 1, _first.Disposed);
    }

    [Fact]
    public void A_workflow_may_be_exchanged_before_its_first_picture_and_become_a_passthrough()
    {
        using IFrameProcessor processor = Resolve(Pair()).CreateProcessor();
        Replace(processor, _library.Passthrough);
        VideoFrame picture = _frames.Rent(64, 48);
        Assert.Same(picture, processor.Process(picture));
        picture.Return();
    }

    [Fact]
    public async Task A_thousand_changes_while_pictures_run_lose_none()
    {
        _first.Applies = true;
        IWorkflow workflow = Resolve(Pair());
        using IFrameProcessor processor = workflow.CreateProcessor();
        using var stop = new CancellationTokenSource();
        Task<int> pictures = Task.Run(() =>
        {
            int count = 0;
            for (; !stop.IsCancellationRequested; count++)
                Run(processor);
            return count;
        }, TestContext.Current.CancellationToken);
        for (int i = 0; i < 1000; i++)
            Replace(processor, With(workflow, ("a", "value", $"{i % 101}"), ("b", "value", $"{i / 100}")));
        await stop.CancelAsync();
        int count = await pictures;
        Run(processor);
        Assert.True(count > 0);
        Assert.Equal((999 % 101, 9), (_first.Values[^1], _second.Values[^1]));
        Assert.Equal(_second.Made - 1, _second.Disposed);
    }

    [Fact]
    public void Cancellation_ends_a_preparation()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        using IFrameProcessor processor = Resolve(Single("First")).CreateProcessor();
        Assert.Throws<OperationCanceledException>(() => processor.Replace(Resolve(Pair()), cancelled.Token));
        Run(processor);
        Assert.Equal(1, _first.Runs);
    }

    [Fact]
    public void What_cannot_be_changed_is_told_and_nothing_changes()
    {
        IWorkflow workflow = Resolve(Pair());
        Assert.False(workflow.TryWith(
            [Change("a", "value", "101"), Change("b", "in0", "1"), Change("b", "size", "1"), Change("c", "value", "1")], out IWorkflow? changed, out string problem));
        Assert.Null(changed);
        Assert.Equal(
            [
                "node c: there is no such node in the workflow",
                "node b (Second), input in0: comes from another node; put another workflow in this one's place to link it anew",
                "node b (Second), input size: there is no such value; there are value",
            ],
            problem.Split('\n'));
        Assert.False(workflow.TryWith([Change("a", "value", "101"), Change("b", "value", "5")], out _, out problem));
        Assert.Equal("node a (First), input value: 101 does not fit; give a whole number from 0 to 100 (default 0)", problem);
    }

    [Fact]
    public void A_changed_workflow_shows_its_values_and_its_graph()
    {
        var changed = (Workflow)With(Resolve(Pair()), ("a", "value", "7"), ("b", "value", "8"));
        Assert.Equal([7, 8], changed.Nodes.Where(node => node.Values.ContainsKey("value")).Select(node => (int)node.Values["value"]));
        Assert.Equal([7, 8], ((Workflow)Resolve(changed.ToJson())).Nodes.Where(node => node.Values.ContainsKey("value")).Select(node => (int)node.Values["value"]));
        Assert.Contains("\"title\": \"kept\"", changed.ToJson());
    }

    [Fact]
    public void Of_two_changes_of_one_value_the_last_holds()
    {
        IWorkflow workflow = Resolve(Pair());
        Assert.True(workflow.TryWith([Change("a", "value", "3"), Change("a", "value", "4")], out IWorkflow? changed, out _));
        Assert.Equal(4, ((Workflow)changed).Nodes[1].Values["value"]);
    }

    private IWorkflow Resolve(string json)
    {
        Assert.True(_library.TryResolve(json, out IWorkflow? workflow, out string problem), problem);
        return workflow!;
    }

    private static IWorkflow With(IWorkflow workflow, params (string Node, string Input, string Value)[] changes)
    {
        Assert.True(workflow.TryWith([.. changes.Select(change => Change(change.Node, change.Input, change.Value))], out IWorkflow? changed, out string problem), problem);
        return changed;
    }

    private static void Replace(IFrameProcessor processor, IWorkflow next) => processor.Replace(next, TestContext.Current.CancellationToken);

    private static WorkflowChange Change(string node, string input, string json) => new(node, input, JsonElement.Parse(json));

    private void Run(IFrameProcessor processor) => processor.Process(_frames.Rent(64, 48)).Return();

    private static string Pair() =>
        """
        {
          "1": { "class_type": "LoadTensor" },
          "a": { "class_type": "First", "inputs": { "in0": ["1", 0] }, "_meta": { "title": "kept" } },
          "b": { "class_type": "Second", "inputs": { "in0": ["a", 0] } },
          "3": { "class_type": "SaveTensor", "inputs": { "images": ["b", 0] } }
        }
        """;

    private static string Single(string classType) =>
        $$"""
        {
          "1": { "class_type": "LoadTensor" },
          "x": { "class_type": "{{classType}}", "inputs": { "in0": ["1", 0] } },
          "3": { "class_type": "SaveTensor", "inputs": { "images": ["x", 0] } }
        }
        """;
}
