namespace ComfyStream.Media;

/// <summary>Turns one picture into another: a running workflow of one stream. Called by one thread at a time.</summary>
public interface IFrameProcessor : IDisposable
{
    /// <summary>
    /// Processes a picture. Takes <paramref name="input"/>; the caller owns the result, which may be the same frame, of another
    /// size, and has the input's times. Allocates nothing once warm. Throws when the frame cannot be processed; the input is
    /// returned to its pool then too.
    /// </summary>
    VideoFrame Process(VideoFrame input);

    /// <summary>
    /// Asks the <see cref="Process"/> that runs on another thread to end soon, by an exception; the next one runs as usual. Any thread,
    /// at any time, disposed of or not; does nothing when none runs. It may be ignored: managed code cannot be stopped from outside.
    /// </summary>
    void Cancel()
    {
    }

    /// <summary>What each node has cost, in the order in which they run; empty when that is not known. Any thread; a copy.</summary>
    IReadOnlyList<NodeTiming> Timings => [];

    /// <summary>
    /// Makes this processor run another workflow from the next picture on: the same one with other values
    /// (<see cref="IWorkflow.TryWith"/>), or another graph. It is prepared beside the running one: models are loaded, and a picture of
    /// the stream's size has been through it when it takes over, all at once. Blocks meanwhile; any thread, several take turns; not
    /// after <see cref="IDisposable.Dispose"/>.
    /// </summary>
    /// <param name="next">From the same library as the running one.</param>
    /// <param name="cancellation">Ends the preparation, models included.</param>
    /// <exception cref="MediaException">It cannot run here, or the running one hangs: that one stays. The message says why.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the running workflow stays.</exception>
    void Replace(IWorkflow next, CancellationToken cancellation = default) =>
        throw new MediaException("this workflow cannot be exchanged while it runs");
}
