using ComfyStream.Media;

namespace ComfyStream.Streaming.Tests.Running;

/// <summary>Workflows that change while viewers watch.</summary>
[Collection(OneRelayAtATime.Name)]
public sealed class ExchangeTests
{
    private static readonly Film Dark = Film.Shoot(320, 240, luma: 60);

    [Fact]
    public async Task A_forwarded_stream_gets_a_workflow_and_loses_it_again_and_the_viewer_misses_no_picture()
    {
        await using var test = new TestRelay();
        Viewer viewer = await test.WatchAsync("cam");
        Camera camera = await test.PublishAsync("cam", TestWorkflow.Passthrough);
        await camera.PlayUntil(Dark, () => viewer.PictureCount >= 20, "the viewer sees the input");

        Assert.Equal(WorkflowOutcome.Runs, await ReplaceAsync(test, TestWorkflow.Paint(200)));
        await Further(viewer, 20);
        Assert.Equal("paint", test.Stream("cam").Workflow);
        Assert.Equal(WorkflowOutcome.Runs, await ReplaceAsync(test, TestWorkflow.Passthrough));
        await Further(viewer, 20);

        IReadOnlyList<Viewer.Shown> shown = viewer.Decode();
        Assert.Equal([60, 200, 60], Runs(shown));
        Assert.Equal(0, Assert.Single(test.Viewers).FramesDropped);
        Assert.All(viewer.Pictures.Zip(viewer.Pictures.Skip(1)), pair => Assert.True(pair.Second.MediaTime > pair.First.MediaTime, "The stream's time went back."));
        Assert.Equal(1, test.Codecs.Encoders);
    }

    [Fact]
    public async Task A_running_workflow_becomes_another_without_a_new_decoder_or_encoder_and_who_joins_sees_only_the_new_one()
    {
        var first = new TestWorkflow("first", frame => TestWorkflow.Fill(frame, 120)) { CanBeReplaced = true };
        var second = TestWorkflow.Paint(200);
        await using var test = new TestRelay();
        Viewer viewer = await test.WatchAsync("cam");
        Camera camera = await test.PublishAsync("cam", first);
        await camera.PlayUntil(Dark, () => viewer.PictureCount >= 10, "the viewer sees the first workflow");

        Assert.Equal(WorkflowOutcome.Runs, await ReplaceAsync(test, second));
        await Further(viewer, 3);
        Viewer late = await test.WatchAsync("cam");
        await Further(late, 10);

        Assert.Equal([120, 200], Runs(viewer.Decode()));
        Assert.Equal([200], Runs(late.Decode()));
        Assert.Equal((1, 1, 1, 0), (test.Codecs.Decoders, test.Codecs.Encoders, first.Processors, second.Processors));
        Assert.Equal(0, test.Viewers[0].FramesDropped);
    }

    [Fact]
    public async Task A_workflow_that_cannot_be_replaced_in_place_gives_way_to_a_pipeline_of_its_successor()
    {
        await using var test = new TestRelay();
        Viewer viewer = await test.WatchAsync("cam");
        TestWorkflow first = TestWorkflow.Paint(120);
        Camera camera = await test.PublishAsync("cam", first);
        await camera.PlayUntil(Dark, () => viewer.PictureCount >= 10, "the viewer sees the first workflow");

        Assert.Equal(WorkflowOutcome.Runs, await ReplaceAsync(test, TestWorkflow.Paint(200)));
        await Further(viewer, 10);

        Assert.Equal([120, 200], Runs(viewer.Decode()));
        await TestRelay.Until(() => first.Disposals == 1, "the first workflow is freed");
        Assert.Equal(1, test.Codecs.Encoders);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_workflow_that_cannot_run_leaves_the_one_that_does(bool failsAtOnce)
    {
        var broken = new TestWorkflow("broken", _ => throw new InvalidOperationException("node 3 is out of paint"))
        {
            OnCreate = () =>
            {
                if (failsAtOnce)
                    throw new MediaException("model x.onnx is missing");
            },
        };
        await using var test = new TestRelay();
        Viewer viewer = await test.WatchAsync("cam");
        Camera camera = await test.PublishAsync("cam", TestWorkflow.Paint(200));
        await camera.PlayUntil(Dark, () => viewer.PictureCount >= 10, "the viewer sees the workflow");

        WorkflowResult result = await test.Relay.ReplaceWorkflowAsync("cam", broken, TestContext.Current.CancellationToken);
        await Further(viewer, 10);

        Assert.Equal(WorkflowOutcome.CannotRun, result.Outcome);
        Assert.Contains(failsAtOnce ? "x.onnx is missing" : "out of paint", result.Detail, StringComparison.Ordinal);
        Assert.Equal("paint", test.Stream("cam").Workflow);
        Assert.Equal([200], Runs(viewer.Decode()));
        Assert.Equal("", test.Stream("cam").Error);
    }

    [Fact]
    public async Task Without_a_publisher_it_is_the_workflow_of_the_next_one()
    {
        await using var test = new TestRelay();
        Viewer viewer = await test.WatchAsync("cam");
        Assert.Equal(WorkflowOutcome.Runs, await ReplaceAsync(test, TestWorkflow.Paint(200)));
        Assert.Equal(PipelineState.Uninitialized, test.Stream("cam").State);
        Camera camera = await test.PublishAsync("cam");
        await camera.PlayUntil(Dark, () => viewer.PictureCount >= 10, "the viewer sees the workflow");
        Assert.Equal(200, Runs(viewer.Decode())[^1]);
        await TestRelay.Until(() => test.Stream("cam").State == PipelineState.Streaming, "it streams");
    }

    [Fact]
    public async Task Nobody_uses_the_channel()
    {
        await using var test = new TestRelay();
        Assert.Equal(WorkflowOutcome.NoChannel, await ReplaceAsync(test, TestWorkflow.Paint(200)));
        Assert.Empty(test.Relay.Streams());
    }

    [Fact]
    public async Task A_publisher_that_sends_no_key_frame_keeps_what_it_has_until_it_does()
    {
        await using var test = new TestRelay();
        Viewer viewer = await test.WatchAsync("cam");
        Camera camera = await test.PublishAsync("cam", TestWorkflow.Passthrough);
        camera.Write(Dark.Units[0], isKeyFrame: true);
        camera.Write(Dark.Units[1], isKeyFrame: false);
        await TestRelay.Until(() => viewer.PictureCount == 2, "two pictures are there");

        TestWorkflow dropped = TestWorkflow.Paint(90);
        Assert.Equal(WorkflowOutcome.Waits, await ReplaceAsync(test, dropped));
        camera.Write(Dark.Units[2], isKeyFrame: false);
        await TestRelay.Until(() => viewer.PictureCount == 3, "the third picture is there");
        Assert.Equal(WorkflowOutcome.Waits, await ReplaceAsync(test, TestWorkflow.Paint(200)));
        camera.Write(Dark.Units[0], isKeyFrame: true);
        await TestRelay.Until(() => viewer.PictureCount == 4, "the fourth picture is there");

        Assert.Equal([60, 200], Runs(viewer.Decode()));
        await TestRelay.Until(() => dropped.Disposals == 1, "the one that came too late is freed");
    }

    private static async Task<WorkflowOutcome> ReplaceAsync(TestRelay test, IWorkflow next) =>
        (await test.Relay.ReplaceWorkflowAsync("cam", next, TestContext.Current.CancellationToken)).Outcome;

    private static Task Further(Viewer viewer, int pictures)
    {
        int wanted = viewer.PictureCount + pictures;
        return TestRelay.Until(() => viewer.PictureCount >= wanted, "further pictures come");
    }

    // The brightnesses one after the other, slates (which are of neither) left out.
    private static IReadOnlyList<int> Runs(IReadOnlyList<Viewer.Shown> shown)
    {
        List<int> runs = [];
        foreach (int luma in shown.Select(picture => new[] { 60, 120, 200 }.FirstOrDefault(known => Math.Abs(known - picture.Luma) <= 6)).Where(luma => luma != 0))
        {
            if (runs.Count == 0 || runs[^1] != luma)
                runs.Add(luma);
        }

        return runs;
    }
}
