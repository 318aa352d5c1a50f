using System.Net;
using ComfyStream.Media;
using ComfyStream.Streaming.Diagnostics;
using ComfyStream.Streaming.Pipeline;
using ComfyStream.Streaming.Sessions;
using ComfyStream.Streaming.Streams;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Sdp;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Streaming;

/// <summary>
/// The running relay: channels with their publisher, workflow and viewers. The control plane calls it from any thread.
/// </summary>
public sealed class Relay : IAsyncDisposable
{
    // Bounds that only an attack or a mistake reaches; the limits that operators set come with access control.
    private const int MostSessions = 4096;
    private const int MostStreams = 1024;
    private const int MostInferenceWorkers = 4;
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    private readonly RelayOptions _options;
    private readonly ILogger _logger;
    private readonly List<EventLoop> _loops = [];
    private readonly DtlsIdentity _identity;
    private readonly EncodedFramePool _encodedFrames = new();
    private readonly VideoFramePool _videoFrames = new();
    private readonly PacketizedFramePool _packetizedFrames = new();
    private readonly PipelineResources? _pipelineResources;
    private readonly SessionRegistry _sessions = new();
    private readonly StreamRegistry _streams;
    private readonly PeerFactory _peers;
    private volatile bool _disposing;

    /// <summary>Opens the media ports and starts the event loops.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">A media port is in use or an address is not ours.</exception>
    public Relay(RelayOptions options, ILoggerFactory loggerFactory)
    {
        _options = options;
        _logger = loggerFactory.CreateLogger("ComfyStream");
        _identity = DtlsIdentity.Create(DateOnly.FromDateTime(DateTime.UtcNow));
        try
        {
            for (int i = 0; i < options.EventLoops; i++)
            {
                int port = options.MediaPort == 0 ? 0 : options.MediaPort + i;
                _loops.Add(new EventLoop(new IPEndPoint(options.MediaHost, port), $"net-{i}") { OnFault = _logger.SessionFault });
            }
        }
        catch
        {
            _loops.ForEach(loop => loop.Dispose());
            _identity.Dispose();
            throw;
        }

        AdvertisedAddresses = LocalCandidates.FindAddresses(_loops[0].LocalEndPoint.Address, options.Advertise);
        _peers = new PeerFactory(_loops, AdvertisedAddresses, _identity);
        _streams = new StreamRegistry(_loops, _packetizedFrames, MostStreams);
        if (options.Codecs is { } codecs)
        {
            var inference = new InferencePool(Math.Min(Environment.ProcessorCount, MostInferenceWorkers));
            _pipelineResources = new PipelineResources(codecs, inference, _videoFrames, _encodedFrames);
        }
    }

    /// <summary>The media ports that were opened.</summary>
    public IReadOnlyList<IPEndPoint> MediaEndPoints => [.. _loops.Select(loop => loop.LocalEndPoint)];

    /// <summary>The addresses that answers announce, best first.</summary>
    public IReadOnlyList<IPAddress> AdvertisedAddresses { get; }

    /// <summary>Pooled buffers that are out: coded frames, pictures and packetized frames; all 0 once every session has ended.</summary>
    public (int EncodedFrames, int VideoFrames, int PacketizedFrames) RentedBuffers =>
        (_encodedFrames.RentedCount, _videoFrames.RentedCount, _packetizedFrames.RentedCount);

    /// <summary>Answers a publisher's offer (WHIP).</summary>
    public async ValueTask<SessionResult> PublishAsync(PublishRequest request, CancellationToken cancellationToken)
    {
        if (!StreamName.IsValidPart(request.Channel))
            return Refuse(SessionOutcome.InvalidName, $"Invalid channelId: a channel's name is {StreamName.Rule}.");
        if (FindOverload() is { } overload)
            return overload;
        if (_streams.Acquire(request.Channel, request.DefaultWorkflow) is not { } stream)
            return Refuse(SessionOutcome.Overloaded, $"Too many channels: {MostStreams} are in use.");

        bool started = false;
        await stream.Gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            (NegotiatedPeer? negotiated, SessionResult? refusal) =
                _peers.Answer(request.OfferSdp, MediaRole.Receive, videoUnavailable: null, audioUnavailable: null);
            if (negotiated is null)
                return refusal!;

            IWorkflow workflow = request.Workflow ?? stream.Workflow;
            StreamInput input;
            try
            {
                input = CreateInput(stream, workflow);
            }
            catch (MediaException failure)
            {
                negotiated.Peer.Dispose();
                return Refuse(SessionOutcome.Unsupported, $"Workflow '{workflow.Name}' cannot run here: {failure.Message}");
            }

            await EndPublisherAsync(stream).ConfigureAwait(false);
            var session = new PublisherSession(
                negotiated.Id, stream.Channel, negotiated.Loop, negotiated.Peer, negotiated.Notes, input, _encodedFrames, _logger);
            stream.Workflow = workflow;
            stream.Publisher = session;
            _logger.CreatedPublisher(session.Id, stream.Channel);
            _logger.RunsWorkflow(stream.Channel, workflow.Name);
            started = true;
            return Start(session, stream, negotiated);
        }
        finally
        {
            stream.Gate.Release();
            if (!started)
                _streams.Release(stream);
        }
    }

    /// <summary>Answers a viewer's offer (WHEP).</summary>
    public ValueTask<SessionResult> SubscribeAsync(SubscribeRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Subscribe(request));
    }

    /// <summary>
    /// Ends a session. True when it lived, or ended by itself (the client closed its connection) so recently that its DELETE is
    /// still due; false when there is none of that kind with that id, or it was ended by a DELETE before.
    /// </summary>
    public async ValueTask<bool> TerminateAsync(SessionKind kind, string id)
    {
        if (_sessions.Take(kind, id) is { } session)
        {
            session.Close();
            await Task.WhenAny(session.Ended, Task.Delay(CloseTimeout)).ConfigureAwait(false);
        }
        else if (!_sessions.TakeTombstone(kind, id))
        {
            return false;
        }

        if (kind == SessionKind.Publisher)
            _logger.TerminatedPublisher(id);
        else
            _logger.TerminatedSubscriber(id);
        return true;
    }

    /// <summary>Whether a session of that kind lives under that id.</summary>
    public bool Contains(SessionKind kind, string id) => _sessions.Find(kind, id) is not null;

    /// <summary>What the statistics say of the living sessions of that kind, oldest first.</summary>
    public IReadOnlyList<SessionSnapshot> Sessions(SessionKind kind) =>
        [.. _sessions.All.Where(session => session.Kind == kind).Select(session => session.Snapshot())];

    /// <summary>What the statistics say of the streams that have a publisher or viewers.</summary>
    public IReadOnlyList<StreamSnapshot> Streams() => [.. _streams.All.Select(stream => stream.Snapshot())];

    /// <summary>Ends all sessions with BYE and close_notify, stops all threads and closes the ports, within 3 seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposing)
            return;
        _disposing = true;
        IReadOnlyList<PeerSession> sessions = _sessions.All;
        foreach (PeerSession session in sessions)
            session.Close();
        await Task.WhenAny(Task.WhenAll(sessions.Select(session => session.CleanedUp)), Task.Delay(CloseTimeout)).ConfigureAwait(false);
        foreach (EventLoop loop in _loops)
            loop.Dispose();
        _pipelineResources?.Inference.Dispose();
        _videoFrames.Dispose();
        _identity.Dispose();
    }

    private static SessionResult Refuse(SessionOutcome outcome, string detail) => new(outcome, "", "", detail);

    private SessionResult Subscribe(SubscribeRequest request)
    {
        if (!StreamName.TryParse(request.StreamId, out StreamName name))
            return Refuse(SessionOutcome.InvalidName, $"Invalid streamId: it is a channel's name ({StreamName.Rule}), or the name followed by /raw.");
        if (name is { Pipeline: not null, IsRaw: false })
            return Refuse(SessionOutcome.NotFound, $"There is no pipeline '{name.Pipeline}' on channel '{name.Channel}': ask for '{name.Channel}'.");
        if (name.IsRaw && !_options.AllowRaw)
            return Refuse(SessionOutcome.NotFound, "The raw input is not served here: start the relay with --allow-raw, or ask for the processed stream.");
        if (FindOverload() is { } overload)
            return overload;
        if (_streams.Acquire(name.Channel, request.DefaultWorkflow) is not { } stream)
            return Refuse(SessionOutcome.Overloaded, $"Too many channels: {MostStreams} are in use.");

        IWorkflow workflow = stream.Workflow;
        (NegotiatedPeer? negotiated, SessionResult? refusal) = _peers.Answer(
            request.OfferSdp,
            MediaRole.Send,
            videoUnavailable: name.IsRaw || workflow.HasVideoOutput ? null : $"workflow '{workflow.Name}' of channel '{name.Channel}' gives no picture",
            audioUnavailable: name.IsRaw || workflow.HasAudioOutput ? null : $"workflow '{workflow.Name}' of channel '{name.Channel}' gives no sound");
        if (negotiated is null)
        {
            _streams.Release(stream);
            return refusal!;
        }

        SubscriberHub hub = name.IsRaw ? stream.Outputs.Raw : stream.Outputs.Processed;
        var session = new SubscriberSession(negotiated.Id, name.ToString(), negotiated.Loop, negotiated.Peer, negotiated.Notes, hub, _logger);
        _logger.CreatedSubscriber(session.Id, name.ToString());
        SessionResult result = Start(session, stream, negotiated);
        _logger.AddedSubscriber(session.Id, CountSubscribers());
        if (stream.Publisher is null)
            _logger.NoPublisherYet(stream.Channel);
        return result;
    }

    private SessionResult Start(PeerSession session, RelayStream stream, NegotiatedPeer negotiated)
    {
        foreach (string note in negotiated.Notes)
            _logger.SessionNote(session.Protocol, session.Id, note);
        _sessions.Add(session);
        session.CleanedUp = CleanUpAsync(session, stream);
        return session.Start()
            ? new SessionResult(SessionOutcome.Created, session.Id, negotiated.AnswerSdp, "")
            : Refuse(SessionOutcome.Overloaded, "The event loop has no room for another session: try again in a few seconds.");
    }

    private async Task CleanUpAsync(PeerSession session, RelayStream stream)
    {
        await session.Ended.ConfigureAwait(false);
        _sessions.Remove(session);
        if (session is PublisherSession publisher)
        {
            // The input was stopped on its loop, so nothing is written to the pipeline any more.
            publisher.Input.Pipeline?.Dispose();
            if (stream.Publisher == publisher)
                stream.Publisher = null;
        }
        else
        {
            _logger.RemovedSubscriber(session.Id, CountSubscribers());
        }

        if (session.CloseReason is CloseReason.IceTimeout or CloseReason.DtlsFailed or CloseReason.FingerprintMismatch)
            _logger.CouldNotConnect(session.Protocol, session.Id, Explain(session.CloseReason));
        _logger.CleanedUp(session.Protocol, session.Id);
        _streams.Release(stream);
    }

    private string Explain(CloseReason reason) => reason switch
    {
        CloseReason.IceTimeout =>
            $"no ICE check of the client arrived at UDP port {string.Join(", ", MediaEndPoints.Select(end => end.Port))}; "
            + $"it was told to use {string.Join(", ", AdvertisedAddresses)}. Is the port open in the firewall, and is one of the addresses reachable (--advertise)?",
        CloseReason.DtlsFailed => "the DTLS handshake failed or did not finish in time.",
        _ => "the client's certificate is not the one that its SDP announced.",
    };

    private async Task EndPublisherAsync(RelayStream stream)
    {
        if (stream.Publisher is not { } old)
            return;
        _logger.TakesOver(stream.Channel);
        old.Close();
        await Task.WhenAny(old.CleanedUp, Task.Delay(CloseTimeout)).ConfigureAwait(false);
    }

    private StreamInput CreateInput(RelayStream stream, IWorkflow workflow)
    {
        if (workflow.IsPassthrough)
            return new StreamInput(stream.Outputs, makePipeline: null);
        if (_pipelineResources is not { } resources)
            throw new MediaException("no codec library (libavcodec) is installed; run ./comfystream setup, or use the workflow 'passthrough'");

        IFrameProcessor processor = workflow.CreateProcessor();
        try
        {
            return new StreamInput(stream.Outputs, input => new VideoPipeline(
                stream.Channel,
                processor,
                resources,
                _options.BitRate,
                isWanted: () => stream.Outputs.Processed.Count > 0,
                output: stream.Outputs.PublishEncoded,
                requestKeyFrame: input.RequestSourceKeyFrame,
                onFailure: error => _logger.PipelineFailed(stream.Channel, error)));
        }
        catch
        {
            processor.Dispose();
            throw;
        }
    }

    private SessionResult? FindOverload() =>
        _disposing ? Refuse(SessionOutcome.Overloaded, "The relay is shutting down.")
        : _sessions.Count >= MostSessions ? Refuse(SessionOutcome.Overloaded, $"Too many sessions: {MostSessions} are open.")
        : null;

    private int CountSubscribers() => _sessions.All.Count(session => session.Kind == SessionKind.Subscriber);
}
