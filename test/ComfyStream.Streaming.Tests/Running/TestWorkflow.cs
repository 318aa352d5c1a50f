using ComfyStream.Media;

namespace ComfyStream.Streaming.Tests.Running;

/// <summary>A workflow of one function.</summary>
internal sealed class TestWorkflow(string name, Func<VideoFrame, VideoFrame>? process) : IWorkflow
{
    private int _processors;
    private int _disposals;
    private int _pictures;

    public static IWorkflow Passthrough { get; } = new TestWorkflow("passthrough", process: null);

    public string Name => name;

    public bool IsPassthrough => process is null;

    public bool HasVideoOutput { get; init; } = true;

    public bool FailsOpen { get; init; }

    public bool HasAudioOutput { get; init; } = true;

    /// <summary>Whether its processors become another workflow's without being made anew.</summary>
    public bool CanBeReplaced { get; init; }

    /// <summary>Runs while the processor is made.</summary>
    public Action OnCreate { get; init; } = () => { };

    public int Processors => Volatile.Read(ref _processors);

    public int Disposals => Volatile.Read(ref _disposals);

    /// <summary>Pictures begun.</summary>
    public int Pictures => Volatile.Read(ref _pictures);

    /// <summary>Fills the picture with one brightness, as far as coding lets it through.</summary>
    public static TestWorkflow Paint(byte luma) => new("paint", frame => Fill(frame, luma));

    public IFrameProcessor CreateProcessor()
    {
        OnCreate();
        Interlocked.Increment(ref _processors);
        return new Processor(this);
    }

    public static unsafe VideoFrame Fill(VideoFrame frame, byte luma)
    {
        new Span<byte>(frame.Y, frame.StrideY * frame.Height).Fill(luma);
        return frame;
    }

    private sealed class Processor(TestWorkflow workflow) : IFrameProcessor
    {
        private volatile TestWorkflow _workflow = workflow;

        public void Replace(IWorkflow next, CancellationToken cancellation)
        {
            if (!_workflow.CanBeReplaced)
                throw new MediaException("this one cannot be replaced");
            _workflow = (TestWorkflow)next;
        }

        public VideoFrame Process(VideoFrame input)
        {
            TestWorkflow running = _workflow;
            Interlocked.Increment(ref running._pictures);
            return running.Run(input);
        }

        public void Dispose() => Interlocked.Increment(ref _workflow._disposals);
    }

    private VideoFrame Run(VideoFrame input)
    {
        try
        {
            return process!(input);
        }
        catch
        {
            input.Return();
            throw;
        }
    }
}
