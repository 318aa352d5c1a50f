using System.Net;
using ComfyStream.Transport;

namespace ComfyStream.Benchmarks.FanOut;

/// <summary>
/// An event loop that many viewers share. Once they have joined it rests for a millisecond after every turn: what has come meanwhile is
/// taken at once, and the server is not made to wake a thread of this machine with every packet. Viewers elsewhere would not be its work.
/// </summary>
internal sealed class ViewerLoop : ILoopWork, IDisposable
{
    private static readonly TimeSpan _rest = TimeSpan.FromMilliseconds(1);

    public ViewerLoop(string name, DatagramTap tap) => Loop = new EventLoop(new IPEndPoint(IPAddress.Any, 0), name) { Tap = tap };

    public EventLoop Loop { get; }

    /// <summary>Rests after every turn from now on.</summary>
    public void Rest() => Loop.Post(this);

    /// <inheritdoc/>
    public void Run(EventLoop loop)
    {
        PreciseSleep.For(_rest);
        loop.AfterSend(this);
    }

    public void Dispose() => Loop.Dispose();
}
