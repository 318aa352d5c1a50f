using ComfyStream.Media;

namespace ComfyStream.Streaming.Tests.Pipeline;

/// <summary>A processor that hangs, throws or listens as a test wants.</summary>
internal sealed class ScriptedProcessor : IFrameProcessor
{
    private readonly SemaphoreSlim _mayGoOn = new(0);
    private int _entered;
    private int _disposals;
    private volatile bool _isCancelled;

    /// <summary>What becomes of a picture; on failure the input is returned.</summary>
    public Func<VideoFrame, VideoFrame> Script { get; set; } = static frame => frame;

    /// <summary>Whether <see cref="Cancel"/> ends a call that hangs.</summary>
    public bool Listens { get; init; }

    /// <summary>Whether a call that hangs ends by an exception.</summary>
    public bool ThrowsAtLast { get; set; }

    /// <summary>Calls begun.</summary>
    public int Entered => Volatile.Read(ref _entered);

    public int Disposals => Volatile.Read(ref _disposals);

    public VideoFrame Process(VideoFrame input)
    {
        Interlocked.Increment(ref _entered);
        try
        {
            return Script(input);
        }
        catch
        {
            input.Return();
            throw;
        }
    }

    /// <summary>A script: waits to be released, or cancelled if it listens.</summary>
    public VideoFrame Hang(VideoFrame frame)
    {
        Assert.True(_mayGoOn.Wait(StageRig.Patience));
        if (ThrowsAtLast)
            throw new InvalidDataException("at last");
        return _isCancelled ? throw new OperationCanceledException("cancelled") : frame;
    }

    /// <summary>Lets one call that hangs return.</summary>
    public void Release() => _mayGoOn.Release();

    public void Cancel()
    {
        if (!Listens)
            return;
        _isCancelled = true;
        _mayGoOn.Release();
    }

    public void Dispose() => Interlocked.Increment(ref _disposals);
}
