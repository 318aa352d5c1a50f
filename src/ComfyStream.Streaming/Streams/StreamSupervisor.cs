using ComfyStream.Transport;

namespace ComfyStream.Streaming.Streams;

/// <summary>
/// Looks after all channels on one thread, 20 times a second: what their outputs show while no picture comes, workflows that
/// hang, viewers who wait for nothing.
/// </summary>
internal sealed class StreamSupervisor
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly Func<RelayStream[]> _streams;
    private readonly SlateShelf? _slates;
    private readonly TimeSpan _idleTimeout;
    private readonly Action<RelayStream> _onIdle;
    private readonly Action<Exception> _onFault;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;

    /// <param name="streams">The channels in use.</param>
    /// <param name="slates">The coded slates; null without codecs.</param>
    /// <param name="idleTimeout">How long viewers may wait for a publisher.</param>
    /// <param name="onIdle">Told of a channel whose viewers have waited that long; on the thread.</param>
    /// <param name="onFault">Told of bugs.</param>
    public StreamSupervisor(
        Func<RelayStream[]> streams, SlateShelf? slates, TimeSpan idleTimeout, Action<RelayStream> onIdle, Action<Exception> onFault)
    {
        (_streams, _slates, _idleTimeout, _onIdle, _onFault) = (streams, slates, idleTimeout, onIdle, onFault);
        _thread = new Thread(Run) { Name = "streams", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Ends the thread.</summary>
    public void Stop()
    {
        _stop.Set();
        _thread.Join();
        _stop.Dispose();
    }

    private void Run()
    {
        while (!_stop.Wait(Interval))
        {
            foreach (RelayStream stream in _streams())
                Supervise(stream);
        }
    }

    private void Supervise(RelayStream stream)
    {
        try
        {
            if (stream.Supervise(EventLoop.Now, _slates, _idleTimeout))
                _onIdle(stream);
        }
#pragma warning disable CA1031 // The boundary of a stream: a bug in one must not end the care for the others.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            _onFault(fault);
        }
    }
}
