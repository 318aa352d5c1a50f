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
}
