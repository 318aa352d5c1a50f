using ComfyStream.Media;
using ComfyStream.Streaming.Pipeline;

namespace ComfyStream.Streaming.Tests.Pipeline;

public sealed class HangTests
{
    [Fact]
    public async Task One_that_listens_is_cancelled_after_two_seconds_and_stays()
    {
        using var rig = new StageRig();
        using var processor = new ScriptedProcessor { Listens = true };
        ProcessStage stage = rig.Start(processor);
        rig.Publish(stage);
        rig.PublishToHang(stage, processor);

        rig.Advance(1.999);
        stage.Supervise(rig.Now);
        Assert.Equal(0, stage.HangCount);
        rig.Advance(0.001);
        for (int i = 0; i < 3; i++)
            stage.Supervise(rig.Now);
        StageRig.Until(() => stage.FailedCount == 1);

        processor.Script = frame => frame;
        rig.Publish(stage);
        Assert.Equal((2, 1, 1, 0), (stage.ProcessedCount, stage.FailedCount, stage.HangCount, stage.AbandonedCount));
        Assert.Equal(["cancelled"], rig.Failures);
        await EndAsync(stage);
        Assert.Equal(1, processor.Disposals);
    }

    [Fact]
    public async Task The_first_picture_has_half_a_minute()
    {
        using var rig = new StageRig();
        using var processor = new ScriptedProcessor { Listens = true };
        ProcessStage stage = rig.Start(processor);
        rig.PublishToHang(stage, processor);

        rig.Advance(29.999);
        stage.Supervise(rig.Now);
        Assert.Equal(0, stage.HangCount);
        rig.Advance(0.001);
        stage.Supervise(rig.Now);
        StageRig.Until(() => stage.FailedCount == 1);
        await EndAsync(stage);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_that_does_not_listen_is_given_up_after_five_seconds_and_another_processor_goes_on(bool throwsAtLast)
    {
        using var rig = new StageRig();
        using var hanging = new ScriptedProcessor();
        using var next = new ScriptedProcessor();
        string? madeBy = null;
        ProcessStage stage = rig.Start(hanging, () =>
        {
            madeBy = Thread.CurrentThread.Name;
            return next;
        });
        rig.Publish(stage);
        hanging.ThrowsAtLast = throwsAtLast;
        rig.PublishToHang(stage, hanging);

        rig.Advance(4.999);
        stage.Supervise(rig.Now);
        Assert.Equal((1, 0), (stage.HangCount, stage.AbandonedCount));
        rig.Advance(0.001);
        stage.Supervise(rig.Now);
        Assert.Equal((1, 1), (stage.HangCount, stage.AbandonedCount));
        Assert.Equal((2, 1), (rig.Pool.RunningCount, rig.Pool.BlockedCount));

        rig.Publish(stage);
        rig.Publish(stage);
        Assert.Equal((3, 3), (stage.ProcessedCount, rig.Results));
        Assert.StartsWith("infer-", madeBy);
        Assert.Equal(
            ["the workflow 'scripted' did not come back for 5 s and could not be stopped; it is started anew, 1 of at most 2 times"], rig.Failures);

        // What comes back at last is nobody's.
        Assert.Equal((0, 1), (hanging.Disposals, rig.RentedFrames));
        hanging.Release();
        StageRig.Until(() => rig.Pool.BlockedCount == 0);
        Assert.Equal((1, 0), (hanging.Disposals, rig.RentedFrames));
        Assert.Equal((2, 3, 3, 0), (rig.Pool.RunningCount, stage.ProcessedCount, rig.Results, stage.FailedCount));
        await EndAsync(stage);
        Assert.Equal((1, 1), (hanging.Disposals, next.Disposals));
    }

    [Fact]
    public async Task One_that_is_started_anew_may_warm_up_again()
    {
        using var rig = new StageRig();
        using var hanging = new ScriptedProcessor();
        using var next = new ScriptedProcessor { Listens = true };
        ProcessStage stage = rig.Start(hanging, () => next);
        rig.Publish(stage);
        rig.PublishToHang(stage, hanging);
        rig.Advance(5);
        stage.Supervise(rig.Now);

        rig.PublishToHang(stage, next);
        rig.Advance(29.999);
        stage.Supervise(rig.Now);
        Assert.Equal(1, stage.HangCount);
        rig.Advance(0.001);
        stage.Supervise(rig.Now);
        StageRig.Until(() => stage.FailedCount == 1);
        Assert.Equal((2, 1), (stage.HangCount, stage.AbandonedCount));
        hanging.Release();
        await EndAsync(stage);
    }

    [Fact]
    public async Task The_only_worker_is_replaced_so_that_other_streams_go_on()
    {
        using var rig = new StageRig(workers: 1);
        using var hanging = new ScriptedProcessor();
        using var fine = new ScriptedProcessor();
        ProcessStage stage = rig.Start(hanging);
        ProcessStage other = rig.Start(fine);
        rig.Publish(stage);
        rig.PublishToHang(stage, hanging);
        other.Publish(rig.Picture());
        Assert.Equal(0, other.ProcessedCount);

        rig.Advance(5);
        stage.Supervise(rig.Now);
        other.Supervise(rig.Now);
        StageRig.Until(() => rig.Results == 2);
        for (int i = 0; i < 10; i++)
            rig.Publish(other);

        await EndAsync(stage);
        await EndAsync(other);
        hanging.Release();
    }

    [Fact]
    public async Task After_the_third_time_it_is_switched_off_and_says_what_to_do()
    {
        using var rig = new StageRig();
        ScriptedProcessor[] processors = [new(), new(), new(), new()];
        int made = 0;
        ProcessStage stage = rig.Start(processors[0], () => processors[++made]);
        for (int i = 0; i < 3; i++)
        {
            Assert.False(stage.IsDisabled);
            GiveUp(rig, stage, processors[i]);
        }

        Assert.True(stage.IsDisabled);
        for (int i = 0; i < 5; i++)
            stage.Publish(rig.Picture());
        rig.Advance(3600);
        stage.Publish(rig.Picture());
        Assert.Equal((3, 6, 3, 3), (rig.RentedFrames, stage.SkippedCount, stage.HangCount, rig.Pool.BlockedCount));
        Assert.Equal((2, 3), (made, rig.Failures.Count));
        Assert.Equal(
            "the workflow 'scripted' did not come back for 33 s and could not be stopped; it is switched off for this stream (this happened 3 times). "
            + "Put another workflow in its place, or publish to channel 'cam' again once this one is mended",
            rig.Failures.Last());

        await EndAsync(stage);
        foreach (ScriptedProcessor processor in processors)
            processor.Release();
        StageRig.Until(() => rig.Pool.BlockedCount == 0);
        Assert.Equal([1, 1, 1, 0], processors.Select(processor => processor.Disposals));
    }

    [Fact]
    public async Task The_making_of_a_processor_may_hang_too()
    {
        using var rig = new StageRig();
        using var hanging = new ScriptedProcessor();
        using var late = new ScriptedProcessor();
        using var next = new ScriptedProcessor();
        using var mayBeMade = new ManualResetEventSlim();
        int made = 0;
        ProcessStage stage = rig.Start(hanging, () =>
        {
            if (Interlocked.Increment(ref made) > 1)
                return next;
            Assert.True(mayBeMade.Wait(StageRig.Patience));
            return late;
        });
        GiveUp(rig, stage, hanging);
        StageRig.Until(() => Volatile.Read(ref made) == 1);
        rig.Advance(32.999);
        stage.Supervise(rig.Now);
        Assert.Equal(1, stage.AbandonedCount);
        rig.Advance(0.001);
        stage.Supervise(rig.Now);
        Assert.Equal((2, 2, 2), (stage.AbandonedCount, stage.HangCount, rig.Pool.BlockedCount));

        rig.Publish(stage);
        Assert.Equal(1, next.Entered);
        mayBeMade.Set();
        hanging.Release();
        StageRig.Until(() => rig.Pool.BlockedCount == 0);
        Assert.Equal((1, 0), (late.Disposals, late.Entered));
        await EndAsync(stage);
    }

    [Fact]
    public async Task A_stream_that_is_taken_over_while_its_workflow_hangs_ends_within_a_second_without_a_supervisor()
    {
        using var rig = new StageRig(workers: 1);
        using var hanging = new ScriptedProcessor();
        using var fine = new ScriptedProcessor();
        ProcessStage old = rig.Start(hanging);
        rig.Publish(old);
        rig.PublishToHang(old, hanging);
        old.Publish(rig.Picture());
        Task ended = old.CompleteAsync();
        ProcessStage successor = rig.Start(fine);
        successor.Publish(rig.Picture());
        Assert.False(ended.IsCompleted);

        rig.Advance(1);
        await ended.WaitAsync(StageRig.Patience, TestContext.Current.CancellationToken);
        StageRig.Until(() => rig.Results == 2);
        Assert.Equal(["the workflow 'scripted' did not come back for 1 s and could not be stopped; its stream has ended without it"], rig.Failures);

        int results = rig.Results;
        hanging.Release();
        StageRig.Until(() => rig.Pool.BlockedCount == 0);
        Assert.Equal((results, 1, 1), (rig.Results, hanging.Disposals, old.ProcessedCount));
        await EndAsync(successor);
    }

    [Fact]
    public async Task A_picture_that_is_in_flight_at_the_end_is_asked_to_end_after_half_a_second_however_long_it_may_take_otherwise()
    {
        using var rig = new StageRig();
        using var processor = new ScriptedProcessor { Listens = true };
        ProcessStage stage = rig.Start(processor);
        rig.PublishToHang(stage, processor);
        Task ended = stage.CompleteAsync();
        rig.Advance(0.499);
        stage.Supervise(rig.Now);
        Assert.Equal(0, stage.HangCount);

        rig.Advance(0.001);
        await ended.WaitAsync(StageRig.Patience, TestContext.Current.CancellationToken);
        Assert.Equal((1, 0, 1), (stage.HangCount, stage.AbandonedCount, processor.Disposals));
    }

    [Fact]
    public async Task A_stage_that_waits_for_its_turn_ends_at_once()
    {
        using var rig = new StageRig(workers: 1);
        using var busy = new ScriptedProcessor();
        using var processor = new ScriptedProcessor();
        ProcessStage other = rig.Start(busy);
        ProcessStage stage = rig.Start(processor);
        rig.PublishToHang(other, busy);
        stage.Publish(rig.Picture());

        Assert.True(stage.CompleteAsync().IsCompletedSuccessfully);
        Assert.Equal((1, 0), (processor.Disposals, processor.Entered));
        busy.Release();
        await EndAsync(other);
        Assert.Equal(1, processor.Disposals);
    }

    [Fact]
    public async Task When_sixteen_hang_in_the_relay_the_next_one_is_switched_off_at_once_and_the_pool_recovers()
    {
        using var rig = new StageRig();
        var stages = new List<ProcessStage>();
        var processors = new List<ScriptedProcessor>();
        for (int i = 0; i <= InferencePool.MostBlocked; i++)
        {
            processors.Add(new ScriptedProcessor());
            stages.Add(rig.Start(processors[i]));
            GiveUp(rig, stages[i], processors[i]);
            Assert.Equal(i == InferencePool.MostBlocked, stages[i].IsDisabled);
        }

        Assert.Equal((1, InferencePool.MostBlocked + 1), (rig.Pool.RunningCount, rig.Pool.BlockedCount));
        Assert.Contains("(16 more hang in this relay: restart it to be rid of them)", rig.Failures.Last(text => text.Contains("switched off", StringComparison.Ordinal)), StringComparison.Ordinal);

        using var fine = new ScriptedProcessor();
        ProcessStage other = rig.Start(fine);
        rig.Publish(other);
        foreach (ScriptedProcessor processor in processors)
            processor.Release();
        StageRig.Until(() => rig.Pool.BlockedCount == 0);
        Assert.Equal(2, rig.Pool.RunningCount);
        rig.Publish(other);
        await EndAsync(other);
        foreach (ProcessStage stage in stages)
            await EndAsync(stage);
        Assert.All(processors, processor => Assert.Equal(1, processor.Disposals));
    }

    [Fact]
    public async Task However_a_call_and_its_supervisor_race_each_picture_and_each_processor_is_seen_to_once()
    {
        const int Pictures = 3000;
        using var rig = new StageRig(workers: 3);
        var made = new List<ScriptedProcessor>();
        var limits = new ProcessLimits
        {
            CancelAfter = TimeSpan.Zero,
            FirstCancelAfter = TimeSpan.Zero,
            CancelGrace = TimeSpan.Zero,
            MostAbandoned = int.MaxValue,
        };
        var random = new Random(3);
        ScriptedProcessor Make()
        {
            int spins;
            lock (made)
                spins = random.Next(2000);
            var processor = new ScriptedProcessor
            {
                Script = frame =>
                {
                    Thread.SpinWait(spins);
                    return spins % 7 == 0 ? throw new InvalidDataException("now and then") : frame;
                },
            };
            lock (made)
                made.Add(processor);
            return processor;
        }

        ProcessStage stage = rig.Start(Make(), Make, limits);
        using var isOver = new CancellationTokenSource();
        Task supervisor = Task.Run(() =>
        {
            for (int i = 0; !isOver.IsCancellationRequested; i = (i + 37) % 1000)
            {
                Thread.SpinWait(i);
                stage.Supervise(rig.Now);
            }
        }, TestContext.Current.CancellationToken);
        int published = 0;
        for (; published < Pictures || stage.AbandonedCount == 0; published++)
        {
            // A second passes for each, so that nobody rests.
            rig.Advance(1);
            stage.Publish(rig.Picture());
            Thread.SpinWait(published % 500);
        }

        await EndAsync(stage);
        await isOver.CancelAsync();
        await supervisor;
        StageRig.Until(() => rig.Pool.BlockedCount == 0);
        Assert.Equal(0, rig.RentedFrames);
        Assert.All(made, processor => Assert.Equal(1, processor.Disposals));
        Assert.Equal(stage.ProcessedCount, rig.Results);
        Assert.InRange(stage.ProcessedCount + stage.FailedCount + stage.SkippedCount + stage.ReplacedCount, published - stage.AbandonedCount - 1, published);
    }

    /// <summary>Hangs on a processor's first picture until it is given up.</summary>
    internal static void GiveUp(StageRig rig, ProcessStage stage, ScriptedProcessor processor)
    {
        int before = stage.AbandonedCount;
        rig.PublishToHang(stage, processor);
        rig.Advance(33);
        stage.Supervise(rig.Now);
        Assert.Equal(before + 1, stage.AbandonedCount);
    }

    private static Task EndAsync(ProcessStage stage) => stage.CompleteAsync().WaitAsync(StageRig.Patience, TestContext.Current.CancellationToken);
}
