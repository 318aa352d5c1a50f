using ComfyStream.Media;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Streaming;

/// <summary>
/// The running relay: channels with their publisher, workflow and viewers. The control plane calls it from any thread.
/// </summary>
public sealed class Relay : IAsyncDisposable
{
    /// <summary>Opens the media ports and starts the event loops.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">A media port is in use or an address is not ours.</exception>
    public Relay(RelayOptions options, ILoggerFactory loggerFactory) => throw new NotImplementedException();

    /// <summary>The media ports that were opened.</summary>
    public IReadOnlyList<System.Net.IPEndPoint> MediaEndPoints => throw new NotImplementedException();

    /// <summary>Answers a publisher's offer (WHIP).</summary>
    public ValueTask<SessionResult> PublishAsync(PublishRequest request, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Answers a viewer's offer (WHEP).</summary>
    public ValueTask<SessionResult> SubscribeAsync(SubscribeRequest request, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>
    /// Ends a session. True when it lived, or ended by itself (the client closed its connection) so recently that its DELETE is
    /// still due; false when there is none of that kind with that id, or it was ended by a DELETE before.
    /// </summary>
    public ValueTask<bool> TerminateAsync(SessionKind kind, string id) => throw new NotImplementedException();

    /// <summary>Whether a session of that kind lives under that id.</summary>
    public bool Contains(SessionKind kind, string id) => throw new NotImplementedException();

    /// <summary>What the statistics say of the living sessions of that kind, oldest first.</summary>
    public IReadOnlyList<SessionSnapshot> Sessions(SessionKind kind) => throw new NotImplementedException();

    /// <summary>What the statistics say of the streams that have a publisher or viewers.</summary>
    public IReadOnlyList<StreamSnapshot> Streams() => throw new NotImplementedException();

    /// <summary>Ends all sessions with BYE and close_notify, stops all threads and closes the ports, within 3 seconds.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
