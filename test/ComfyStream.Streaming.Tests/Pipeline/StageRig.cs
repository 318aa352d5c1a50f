using System.Collections.Concurrent;
using ComfyStream.Media;
using ComfyStream.Streaming.Pipeline;

namespace ComfyStream.Streaming.Tests.Pipeline;

/// <summary>
/// A pool and stages in virtual time: the clock stands until a test moves it. In the end nothing may be left of pictures or threads.
/// </summary>
internal sealed class StageRig : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly VideoFramePool _frames = new();
    private long _nowTicks = TimeSpan.FromHours(1).Ticks;
    private int _results;

    public StageRig(int workers = 2) => Pool = new InferencePool(workers);

    public InferencePool Pool { get; }

    public TimeSpan Now => new(Volatile.Read(ref _nowTicks));

    /// <summary>Results that were handed on.</summary>
    public int Results => Volatile.Read(ref _results);

    public ConcurrentQueue<(int Width, int Height)> Sizes { get; } = [];

    public ConcurrentQueue<string> Failures { get; } = [];

    public int RentedFrames => _frames.RentedCount;

    public static void Until(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, Patience));

    public ProcessStage Start(IFrameProcessor first, Func<IFrameProcessor>? next = null, ProcessLimits? limits = null) =>
        new("cam", new Workflow(next ?? (() => throw new MediaException("no other"))), first, Pool, OnResult, failure => Failures.Enqueue(failure.Message), limits, () => Now);

    public VideoFrame Picture(int width = 16, int height = 16) => _frames.Rent(width, height);

    public void Advance(TimeSpan time) => Interlocked.Add(ref _nowTicks, time.Ticks);

    public void Advance(double seconds) => Advance(TimeSpan.FromSeconds(seconds));

    /// <summary>Publishes a picture and waits until something has become of it; nothing else may be in flight.</summary>
    public void Publish(ProcessStage stage)
    {
        long before = Settled(stage);
        stage.Publish(Picture());
        Until(() => Settled(stage) > before);
    }

    /// <summary>Publishes a picture that makes the processor hang.</summary>
    public void PublishToHang(ProcessStage stage, ScriptedProcessor processor)
    {
        int entered = processor.Entered;
        processor.Script = processor.Hang;
        stage.Publish(Picture());
        Until(() => processor.Entered > entered);
    }

    public void Dispose()
    {
        Assert.True(Pool.Stop(Patience));
        Assert.Equal((0, 0), (Pool.BlockedCount, Pool.RunningCount));
        Assert.Equal(0, _frames.RentedCount);
        _frames.Dispose();
    }

    // A result counts when it has been taken; the stage's own count is ahead of that.
    private long Settled(ProcessStage stage) => Results + stage.FailedCount + stage.SkippedCount;

    private void OnResult(VideoFrame frame)
    {
        Sizes.Enqueue((frame.Width, frame.Height));
        frame.Return();
        Interlocked.Increment(ref _results);
    }

    private sealed class Workflow(Func<IFrameProcessor> create) : IWorkflow
    {
        public string Name => "scripted";

        public bool IsPassthrough => false;

        public bool HasVideoOutput => true;

        public IFrameProcessor CreateProcessor() => create();
    }
}
