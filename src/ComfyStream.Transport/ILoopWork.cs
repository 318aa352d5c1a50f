namespace ComfyStream.Transport;

/// <summary>Work for an event loop that allocates nothing when posted.</summary>
public interface ILoopWork
{
    /// <summary>Runs on the loop.</summary>
    void Run(EventLoop loop);
}
