using ComfyStream.Media;
using ComfyStream.Streaming.Pipeline;
using ComfyStream.Streaming.Tests.Running;

namespace ComfyStream.Streaming.Tests.Pipeline;

public sealed class ProcessStageTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly IWorkflow Workflow = new TestWorkflow("test", frame => frame);

    private readonly VideoFramePool _frames = new();
    private readonly InferencePool _pool = new(workers: 2);

    public void Dispose()
    {
        Assert.True(_pool.Stop(Patience));
        Assert.Equal(0, _frames.RentedCount);
        _frames.Dispose();
    }

    [Fact]
    public async Task The_end_waits_for_the_picture_in_flight_and_frees_the_workflow_once()
    {
        using var workflow = new BlockingProcessor();
        var output = new LatestFrameSlot();
        var stage = new ProcessStage("cam", Workflow, workflow, _pool, output.Publish, _ => { }, clock: () => TimeSpan.FromHours(1));
        stage.Publish(_frames.Rent(16, 16));
        Assert.True(workflow.Entered.Wait(Patience, TestContext.Current.CancellationToken));
        stage.Publish(_frames.Rent(16, 16));

        Task ended = stage.CompleteAsync();
        Assert.False(ended.IsCompleted);
        Assert.Equal(0, workflow.Disposals);
        workflow.MayGoOn.Set();
        await ended.WaitAsync(Patience, TestContext.Current.CancellationToken);

        Assert.Equal(1, workflow.Disposals);
        Assert.Equal(1, stage.ProcessedCount);
        output.Take()!.Return();
    }

    [Fact]
    public async Task A_workflow_that_hangs_keeps_neither_the_other_streams_nor_the_end_of_the_pool_waiting()
    {
        using var workflow = new BlockingProcessor();
        var output = new LatestFrameSlot();
        var stage = new ProcessStage("cam", Workflow, workflow, _pool, output.Publish, _ => { }, clock: () => TimeSpan.FromHours(1));
        stage.Publish(_frames.Rent(16, 16));
        Assert.True(workflow.Entered.Wait(Patience, TestContext.Current.CancellationToken));
        Task ended = stage.CompleteAsync();

        Assert.False(_pool.Stop(TimeSpan.FromMilliseconds(50)));

        workflow.MayGoOn.Set();
        await ended.WaitAsync(Patience, TestContext.Current.CancellationToken);
        output.Take()!.Return();
    }

    [Fact]
    public async Task Every_picture_is_seen_to_however_many_threads_hand_them_over()
    {
        const int Streams = 8;
        const int Pictures = 2000;
        await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => Task.Run(async () =>
        {
            var output = new LatestFrameSlot();
            var stage = new ProcessStage("cam", Workflow, new IdentityProcessor(), _pool, output.Publish, _ => { }, clock: () => TimeSpan.FromHours(1));
            for (int i = 0; i < Pictures; i++)
                stage.Publish(_frames.Rent(16, 16));

            // The newest picture is never left behind: whoever published it, or the worker that was busy then, takes it.
            Assert.True(SpinWait.SpinUntil(() => stage.ProcessedCount + stage.ReplacedCount == Pictures, Patience));
            await stage.CompleteAsync().WaitAsync(Patience);
            output.Take()?.Return();
        })));
    }

    [Fact]
    public async Task A_workflow_that_cannot_be_freed_is_told_and_costs_no_worker()
    {
        var stage = new ProcessStage("cam", Workflow, new BlockingProcessor { FailsAtEnd = true }, _pool, frame => frame.Return(), _ => { });

        await Assert.ThrowsAsync<InvalidOperationException>(stage.CompleteAsync);
    }

    private sealed class IdentityProcessor : IFrameProcessor
    {
        public VideoFrame Process(VideoFrame input) => input;

        public void Dispose()
        {
        }
    }

    private sealed class BlockingProcessor : IFrameProcessor
    {
        public ManualResetEventSlim Entered { get; } = new();

        public ManualResetEventSlim MayGoOn { get; } = new();

        public int Disposals { get; private set; }

        public bool FailsAtEnd { get; init; }

        public VideoFrame Process(VideoFrame input)
        {
            Entered.Set();
            MayGoOn.Wait(Patience);
            return input;
        }

        public void Dispose()
        {
            Disposals++;
            if (FailsAtEnd)
                throw new InvalidOperationException("It does not end.");
        }
    }
}
