using ComfyStream.Media;
using ComfyStream.Streaming.Pipeline;

namespace ComfyStream.Streaming.Tests.Pipeline;

public sealed class ProcessFailureTests
{
    [Fact]
    public async Task A_picture_that_fails_is_told_and_the_next_one_is_tried()
    {
        using var rig = new StageRig();
        using var processor = new ScriptedProcessor { Script = _ => throw new InvalidDataException("out of paint") };
        ProcessStage stage = rig.Start(processor);
        rig.Publish(stage);
        Assert.Equal((0, 1), (stage.ProcessedCount, stage.FailedCount));
        Assert.Equal(["out of paint"], rig.Failures);

        processor.Script = frame => frame;
        rig.Publish(stage);
        Assert.Equal((1, 1), (stage.ProcessedCount, stage.FailedCount));
        await EndAsync(stage);
    }

    [Fact]
    public async Task One_that_always_fails_is_tried_twice_a_second_and_recovers_by_itself()
    {
        using var rig = new StageRig();
        using var processor = new ScriptedProcessor { Script = _ => throw new InvalidDataException("out of paint") };
        ProcessStage stage = rig.Start(processor);
        for (int i = 0; i < 100; i++)
        {
            rig.Advance(0.01);
            rig.Publish(stage);
        }

        // Ten at once, in 100 ms; then one at 600 ms.
        Assert.Equal((11, 89), (stage.FailedCount, stage.SkippedCount));
        Assert.Equal(0, rig.RentedFrames);

        processor.Script = frame => frame;
        rig.Advance(0.5);
        for (int i = 0; i < 30; i++)
            rig.Publish(stage);
        Assert.Equal((30, 11, 89), (stage.ProcessedCount, stage.FailedCount, stage.SkippedCount));

        // All is forgiven.
        processor.Script = _ => throw new InvalidDataException("out of paint");
        for (int i = 0; i < 9; i++)
            rig.Publish(stage);
        Assert.Equal((20, 89), (stage.FailedCount, stage.SkippedCount));
        await EndAsync(stage);
    }

    [Fact]
    public async Task A_late_result_is_handed_on_and_counted()
    {
        using var rig = new StageRig();
        using var processor = new ScriptedProcessor();
        ProcessStage stage = rig.Start(processor);
        foreach ((double seconds, int late) in new[] { (0.15, 0), (0.151, 1), (0, 1), (1, 2) })
        {
            processor.Script = frame =>
            {
                rig.Advance(seconds);
                return frame;
            };
            rig.Publish(stage);
            Assert.Equal(late, stage.LateCount);
        }

        await EndAsync(stage);
        Assert.Equal(4, rig.Results);
    }

    [Fact]
    public async Task Waiting_for_a_turn_counts_towards_the_deadline()
    {
        using var rig = new StageRig(workers: 1);
        using var busy = new ScriptedProcessor();
        using var processor = new ScriptedProcessor();
        ProcessStage other = rig.Start(busy);
        ProcessStage stage = rig.Start(processor);
        rig.PublishToHang(other, busy);

        stage.Publish(rig.Picture());
        rig.Advance(0.2);
        busy.Release();
        StageRig.Until(() => stage.ProcessedCount == 1);

        Assert.Equal(1, stage.LateCount);
        await EndAsync(stage);
        await EndAsync(other);
    }

    [Fact]
    public async Task A_result_of_another_size_is_handed_on()
    {
        using var rig = new StageRig();
        using var processor = new ScriptedProcessor
        {
            Script = frame =>
            {
                frame.Return();
                return rig.Picture(32, 48);
            },
        };
        ProcessStage stage = rig.Start(processor);
        rig.Publish(stage);
        await EndAsync(stage);
        Assert.Equal([(32, 48)], rig.Sizes);
    }

    [Fact]
    public async Task A_processor_that_cannot_be_made_anew_is_tried_again_after_one_second_then_two()
    {
        using var rig = new StageRig();
        using var hanging = new ScriptedProcessor();
        using var next = new ScriptedProcessor();
        int tries = 0;
        ProcessStage stage = rig.Start(hanging, () => Interlocked.Increment(ref tries) < 3 ? throw new MediaException("the model is missing") : next);
        HangTests.GiveUp(rig, stage, hanging);
        StageRig.Until(() => stage.FailedCount == 1);

        foreach (double seconds in new[] { 1.0, 2.0 })
        {
            rig.Advance(seconds - 0.001);
            rig.Publish(stage);
            int before = Volatile.Read(ref tries);
            rig.Advance(0.001);
            stage.Publish(rig.Picture());
            StageRig.Until(() => Volatile.Read(ref tries) == before + 1 && (stage.FailedCount == before + 1 || stage.ProcessedCount == 1));
        }

        Assert.Equal((1, 2), (stage.ProcessedCount, stage.FailedCount));
        Assert.Equal(2, rig.Failures.Count(text => text == "the model is missing"));
        await EndAsync(stage);
        Assert.Equal(1, next.Disposals);
        hanging.Release();
    }

    private static Task EndAsync(ProcessStage stage) => stage.CompleteAsync().WaitAsync(StageRig.Patience, TestContext.Current.CancellationToken);
}
