using ComfyStream.Media;
using ComfyStream.Streaming.Pipeline;
using ComfyStream.Streaming.Tests.Running;

namespace ComfyStream.Streaming.Tests.Pipeline;

public sealed class InferencePoolTests
{
    [Fact]
    public async Task Streams_take_turns_however_long_their_pictures_take()
    {
        const int Rounds = 200;
        using var rig = new StageRig(workers: 1);
        var turns = new List<int>();
        Greedy[] streams = [new(rig, () => Turn(0, 100)), new(rig, () => Turn(1, 100)), new(rig, () => Turn(2, 5000))];
        foreach (Greedy stream in streams)
            stream.Begin();
        StageRig.Until(() => Volatile.Read(ref streams[2].Pictures) >= Rounds);
        foreach (Greedy stream in streams)
            await stream.EndAsync();

        // From when all are there to when the first one ends, each round has one picture of each.
        int start = turns.IndexOf(2);
        for (int i = start; i < start + 3 * (Rounds - 2); i++)
            Assert.Equal(3, turns.Skip(i).Take(3).Distinct().Count());

        void Turn(int stream, int spins)
        {
            turns.Add(stream);
            Thread.SpinWait(spins);
        }
    }

    [Fact]
    public async Task A_stream_fifty_times_slower_than_the_others_does_not_keep_them_from_their_pictures()
    {
        const int Times = 50;
        using var rig = new StageRig(workers: 2);
        Greedy[] fast = [new(rig, () => { }), new(rig, () => { })];
        var slow = new Greedy(rig, () =>
        {
            // As long as it takes the others to have fifty pictures each; for ever, were they waiting for it.
            int[] goal = [.. fast.Select(stream => Volatile.Read(ref stream.Pictures) + Times)];
            StageRig.Until(() => fast.Index().All(stream => stream.Item.HasEnded || Volatile.Read(ref stream.Item.Pictures) >= goal[stream.Index]));
        });
        foreach (Greedy stream in fast.Append(slow))
            stream.Begin();
        StageRig.Until(() => Volatile.Read(ref slow.Pictures) >= 5);
        foreach (Greedy stream in fast.Append(slow))
            await stream.EndAsync();

        Assert.All(fast, stream => Assert.True(stream.Pictures >= 4 * Times));
    }

    [Fact]
    public void A_call_that_was_given_up_and_still_runs_is_told_when_the_pool_stops()
    {
        using var rig = new StageRig();
        using var hanging = new ScriptedProcessor();
        ProcessStage stage = rig.Start(hanging);
        HangTests.GiveUp(rig, stage, hanging);

        Assert.False(rig.Pool.Stop(TimeSpan.FromMilliseconds(20)));
        StageRig.Until(() => rig.Pool.RunningCount == 0);
        Assert.Equal(1, rig.Pool.BlockedCount);
        hanging.Release();
        Assert.True(rig.Pool.Stop(StageRig.Patience));
    }

    /// <summary>A stream whose next picture waits already when one is done.</summary>
    private sealed class Greedy
    {
        public int Pictures;

        private readonly StageRig _rig;
        private readonly ProcessStage _stage;
        private volatile bool _isOver;

        public Greedy(StageRig rig, Action work)
        {
            _rig = rig;
            var processor = new ScriptedProcessor
            {
                Script = frame =>
                {
                    work();
                    return frame;
                },
            };
            _stage = new ProcessStage("cam", TestWorkflow.Passthrough, processor, rig.Pool, OnResult, _ => { });
        }

        public bool HasEnded => _isOver;

        public void Begin() => _stage.Publish(_rig.Picture());

        public async Task EndAsync()
        {
            _isOver = true;
            await _stage.CompleteAsync().WaitAsync(StageRig.Patience);
        }

        private void OnResult(VideoFrame frame)
        {
            Interlocked.Increment(ref Pictures);
            if (_isOver)
                frame.Return();
            else
                _stage.Publish(frame);
        }
    }
}
