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
        public VideoFrame Process(VideoFrame input)
        {
            Interlocked.Increment(ref workflow._pictures);
            return workflow.Run(input);
        }

        public void Dispose() => Interlocked.Increment(ref workflow._disposals);
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
