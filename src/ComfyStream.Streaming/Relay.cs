using System.Net;
using System.Net.Sockets;
using ComfyStream.Media;
using ComfyStream.Streaming.Addresses;
using ComfyStream.Streaming.Diagnostics;
using ComfyStream.Streaming.Pipeline;
using ComfyStream.Streaming.Sessions;
using ComfyStream.Streaming.Streams;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Sdp;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Streaming;

/// <summary>
/// The running relay: channels with their publisher, workflow and viewers. The control plane calls it from any thread.
/// </summary>
public sealed class Relay : IAsyncDisposable
{
    private const int MostInferenceWorkers = 4;
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    // What ending takes when nothing hangs is far less; together they keep the promise of DisposeAsync.
    private static readonly TimeSpan ShutdownSessionsTimeout = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan ShutdownStepTimeout = TimeSpan.FromMilliseconds(300);

    private readonly RelayOptions _options;
    private readonly ILogger _logger;
    private readonly List<EventLoop> _loops = [];
    private readonly AnnouncedCandidates _candidates;
    private readonly DtlsCertificate _certificate;
    private readonly IceTcpListener? _listener;
    private readonly EncodedFramePool _encodedFrames = new();
    private readonly VideoFramePool _videoFrames = new();
    private readonly PacketizedFramePool _packetizedFrames = new();
    private readonly PipelineResources? _pipelineResources;
    private readonly SessionRegistry _sessions = new();
    private readonly StreamRegistry _streams;
    private readonly PeerFactory _peers;
    private readonly CandidateSelfTest _selfTest;
    private readonly WorkflowExchange _exchange;
    private readonly StreamSupervisor _supervisor;
    private readonly Lock _shutdownGate = new();
    private Task? _shutdown;
    private volatile bool _disposing;

    /// <summary>Opens the media ports and starts the event loops.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">A media port is in use or an address is not ours.</exception>
    /// <exception cref="AddressException">There is no address to announce.</exception>
    public Relay(RelayOptions options, ILoggerFactory loggerFactory)
    {
        var addresses = new AddressChoice(options.Advertise, options.InterfaceFilter, options.AnnouncesLoopback);
        IReadOnlyDictionary<string, IReadOnlyList<IPAddress>> names = AnnouncedCandidates.Resolve(addresses, options.Resolve);
        _options = options;
        _logger = loggerFactory.CreateLogger("ComfyStream");
        _certificate = new DtlsCertificate(options.Clock, _logger);
        try
        {
            for (int i = 0; i < options.EventLoops; i++)
            {
                int port = options.MediaPort == 0 ? 0 : options.MediaPort + i;
                _loops.Add(new EventLoop(new IPEndPoint(options.MediaHost, port), $"net-{i}", options.SocketMode) { OnFault = _logger.SessionFault });
            }

            (_listener, IceTcpFailure) = ListenForTcp(options);
            var ports = new MediaPortNumbers(_loops[0].LocalEndPoint.Address, [.. _loops.Select(loop => loop.LocalEndPoint.Port)], IceTcpEndPoint?.Port);
            _candidates = new AnnouncedCandidates(addresses, names, ports, options, _logger);
        }
        catch
        {
            _listener?.Dispose();
            _loops.ForEach(loop => loop.Dispose());
            _certificate.Dispose();
            throw;
        }

        _logger.SocketsWork(_loops[0].SocketMode, options.SocketMode is null ? "the best that works here" : "as --socket-mode says");
        _selfTest = new CandidateSelfTest(_loops, _candidates, _certificate, _logger);
        _peers = new PeerFactory(_loops, _candidates, _certificate, options.Peer with { ToleratesIceRoleConflict = options.ToleratesIceRoleConflict });
        if (options.Codecs is { } codecs)
        {
            var inference = new InferencePool(Math.Min(Environment.ProcessorCount, MostInferenceWorkers));
            _pipelineResources = new PipelineResources(codecs, inference, _videoFrames, _encodedFrames, options.BitRate);
        }

        _exchange = new WorkflowExchange(_pipelineResources, _logger);
        _streams = new StreamRegistry(new StreamFactory(options, _loops, _packetizedFrames, _pipelineResources, _logger), options.MostStreams);
        SlateShelf? slates = options.Codecs is null ? null : new SlateShelf(options.Codecs);
        _supervisor = new StreamSupervisor(() => _streams.All, slates, options.IdleTimeout, EndWaiting, _logger.SessionFault);
    }

    /// <summary>The media ports that were opened.</summary>
    public IReadOnlyList<IPEndPoint> MediaEndPoints => [.. _loops.Select(loop => loop.LocalEndPoint)];

    /// <summary>Where clients connect by TCP whose network blocks UDP; null: nowhere.</summary>
    public IPEndPoint? IceTcpEndPoint => _listener?.LocalEndPoint;

    /// <summary>Why the TCP port could not be opened; null when it was, or was not wanted. The relay serves UDP then.</summary>
    public SocketException? IceTcpFailure { get; }

    /// <summary>The event loops, for tests.</summary>
    internal IReadOnlyList<EventLoop> Loops => _loops;

    /// <summary>The announced candidates, for tests.</summary>
    internal AnnouncedCandidates Candidates => _candidates;

    /// <summary>The addresses that answers announce, best first.</summary>
    public IReadOnlyList<string> AnnouncedAddresses => [.. _candidates.Addresses.Select(address => address.ToString())];

    /// <summary>What the last self-test found of our candidates; empty before its end.</summary>
    public IReadOnlyList<CandidateReport> CandidateReports => _selfTest.Reports;

    /// <summary>Finds out which of our candidates answer, logs it in a line or two, and does so again whenever other addresses are announced.</summary>
    public Task TestCandidatesAsync() => _selfTest.BeginAsync();

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
            return Refuse(SessionOutcome.Overloaded, $"Too many channels: {_options.MostStreams} are in use.");

        try
        {
            await stream.Gate.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                return await PublishAsync(stream, request).ConfigureAwait(false);
            }
            finally
            {
                stream.Gate.Release();
            }
        }
        finally
        {
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
        if (!_sessions.TryTake(kind, id, out PeerSession? session))
            return false;

        if (session is not null)
            await session.CloseAsync(CloseTimeout).ConfigureAwait(false);
        if (kind == SessionKind.Publisher)
            _logger.TerminatedPublisher(id);
        else
            _logger.TerminatedSubscriber(id);
        return true;
    }

    /// <summary>Takes what a client tells of its ICE: more candidates, or a restart (RFC 9725 4.3).</summary>
    public async ValueTask<IcePatchResult> PatchAsync(SessionKind kind, string id, IcePatch patch)
    {
        if (_sessions.Find(kind, id) is not { } session)
            return new IcePatchResult(IcePatchOutcome.NotFound);
        if (!IceFragmentReader.TryParse(patch.Fragment, out IceFragment? fragment, out string problem))
            return new IcePatchResult(IcePatchOutcome.Malformed, Detail: problem);
        return await session.PatchAsync(fragment, patch).ConfigureAwait(false);
    }

    /// <summary>Whether a session of that kind lives under that id.</summary>
    public bool Contains(SessionKind kind, string id) => _sessions.Find(kind, id) is not null;

    /// <summary>What the statistics say of the living sessions of that kind, oldest first.</summary>
    public IReadOnlyList<SessionSnapshot> Sessions(SessionKind kind) =>
        [.. _sessions.All.Where(session => session.Kind == kind).Select(session => session.Snapshot())];

    /// <summary>What whoever lets clients in looks at. Costs little, unlike the statistics.</summary>
    public RelayLoad Load
    {
        get
        {
            (int living, int halfOpen) = _sessions.CountLiving();
            return new RelayLoad(living, halfOpen, _streams.All.Count(stream => stream.Publisher is null));
        }
    }

    /// <summary>How much of it is that of one client, as the requests name them (their address, say).</summary>
    public ClientLoad LoadOf(string client)
    {
        (int living, int halfOpen) = _sessions.CountLiving(client);
        return new ClientLoad(living, halfOpen);
    }

    /// <summary>Whether a channel is in use.</summary>
    public bool HasChannel(string channel) => Array.Exists(_streams.All, stream => stream.Channel == channel);

    /// <summary>How long each event loop has had nothing to do since it began.</summary>
    public IReadOnlyList<TimeSpan> LoopIdleTimes => [.. _loops.Select(loop => loop.IdleTime)];

    /// <summary>What the statistics say of the streams that have a publisher or viewers.</summary>
    public IReadOnlyList<StreamSnapshot> Streams() => [.. _streams.All.Select(stream => stream.Snapshot())];

    /// <summary>Whether a text may name a channel.</summary>
    public static bool IsValidChannel(string channel) => StreamName.IsValidPart(channel);

    /// <summary>The workflow of a channel in use; null when nobody uses it.</summary>
    public IWorkflow? WorkflowOf(string channel) => Array.Find(_streams.All, stream => stream.Channel == channel)?.Workflow;

    /// <summary>Puts another workflow in the place of a channel's, which runs on until the new one is ready, and if that cannot run here.</summary>
    public ValueTask<WorkflowResult> ReplaceWorkflowAsync(string channel, IWorkflow next, CancellationToken cancellationToken) =>
        ChangeWorkflowAsync(channel, _ => next, isAnother: true, cancellationToken);

    /// <summary>Changes values of a channel's workflow, all of them or none; one change at a time.</summary>
    /// <param name="change">Given the workflow in force, makes the same with other values; null refuses.</param>
    public ValueTask<WorkflowResult> ChangeValuesAsync(string channel, Func<IWorkflow, IWorkflow?> change, CancellationToken cancellationToken) =>
        ChangeWorkflowAsync(channel, change, isAnother: false, cancellationToken);

    /// <summary>Starts a workflow and ends it again, so that it is known whether it can run here.</summary>
    public async ValueTask<WorkflowResult> TryRunAsync(IWorkflow workflow, CancellationToken cancellationToken)
    {
        try
        {
            await _exchange.TryRunAsync(workflow, cancellationToken).ConfigureAwait(false);
            return new WorkflowResult(WorkflowOutcome.Runs, workflow);
        }
        catch (MediaException failure)
        {
            return new WorkflowResult(WorkflowOutcome.CannotRun, workflow, failure.Message);
        }
    }

    /// <summary>Ends all sessions with BYE and close_notify, stops all threads and closes the ports, within 3 seconds.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_shutdownGate)
            return new ValueTask(_shutdown ??= ShutDownAsync());
    }

    private (IceTcpListener? Listener, SocketException? Failure) ListenForTcp(RelayOptions options)
    {
        if (options.IceTcpPort is not { } port)
            return (null, null);
        try
        {
            return (new IceTcpListener(new IPEndPoint(options.MediaHost, port), _loops) { OnFault = _logger.SessionFault }, null);
        }
        catch (SocketException failure)
        {
            return (null, failure);
        }
    }

    private async ValueTask<WorkflowResult> ChangeWorkflowAsync(
        string channel, Func<IWorkflow, IWorkflow?> change, bool isAnother, CancellationToken cancellationToken)
    {
        if (_streams.Find(channel) is not { } stream)
            return new WorkflowResult(WorkflowOutcome.NoChannel, null);
        try
        {
            await stream.Gate.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                IWorkflow current = stream.Workflow;
                if (change(current) is not { } next)
                    return new WorkflowResult(WorkflowOutcome.Refused, current);
                bool runs = await _exchange.ExchangeAsync(stream, next, isAnother, cancellationToken).ConfigureAwait(false);
                return new WorkflowResult(runs ? WorkflowOutcome.Runs : WorkflowOutcome.Waits, next);
            }
            catch (MediaException failure)
            {
                return new WorkflowResult(WorkflowOutcome.CannotRun, stream.Workflow, failure.Message);
            }
            finally
            {
                stream.Gate.Release();
            }
        }
        finally
        {
            _streams.Release(stream);
        }
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
            return Refuse(SessionOutcome.Overloaded, $"Too many channels: {_options.MostStreams} are in use.");

        try
        {
            return request.NeedsPublisher && stream.Publisher is null
                ? Refuse(SessionOutcome.Conflict, $"Nobody publishes to channel '{name.Channel}': try again when there is a publisher.")
                : Subscribe(stream, name, request);
        }
        finally
        {
            _streams.Release(stream);
        }
    }

    private SessionResult Subscribe(RelayStream stream, StreamName name, SubscribeRequest request)
    {
        IWorkflow workflow = stream.Workflow;
        bool isForwarded = name.IsRaw || workflow.IsPassthrough;
        (NegotiatedPeer? negotiated, SessionResult? refusal) = _peers.Answer(
            request.OfferSdp,
            MediaRole.Send,
            videoUnavailable: name.IsRaw || workflow.HasVideoOutput ? null : $"workflow '{workflow.Name}' of channel '{name.Channel}' gives no picture",
            audioUnavailable: name.IsRaw || workflow.HasAudioOutput ? null : $"workflow '{workflow.Name}' of channel '{name.Channel}' gives no sound",
            sent: isForwarded ? stream.Publisher?.Input.Format.Current : null);
        if (negotiated is null)
            return refusal!;

        SubscriberHub hub = (name.IsRaw ? stream.Raw! : stream.Processed).Hub;
        var session = new SubscriberSession(negotiated, name.ToString(), hub, _logger) { Client = request.Client };
        _logger.CreatedSubscriber(session.Id, name.ToString());
        SessionResult result = Start(session, stream, negotiated);
        if (result.Outcome != SessionOutcome.Created)
            return result;
        _logger.AddedSubscriber(session.Id, _sessions.CountOf(SessionKind.Subscriber));
        if (stream.Publisher is null)
            _logger.NoPublisherYet(stream.Channel);
        return result;
    }

    // Under the stream's gate: publishers come one after the other.
    private async Task<SessionResult> PublishAsync(RelayStream stream, PublishRequest request)
    {
        if (FindOverload() is { } overload)
            return overload;
        if (request.YieldsToPublisher && stream.Publisher is not null)
            return Refuse(SessionOutcome.Conflict, $"Channel '{stream.Channel}' has a publisher: publish to another, or try again when it has ended.");
        (NegotiatedPeer? negotiated, SessionResult? refusal) =
            _peers.Answer(request.OfferSdp, MediaRole.Receive);
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
        catch
        {
            negotiated.Peer.Dispose();
            throw;
        }

        TimeSpan notBefore = await EndPublisherAsync(stream).ConfigureAwait(false);
        var session = new PublisherSession(negotiated, stream.Channel, input, _encodedFrames, notBefore, _logger) { Client = request.Client };
        stream.SetPublisher(session, workflow);
        _logger.CreatedPublisher(session.Id, stream.Channel);
        _logger.RunsWorkflow(stream.Channel, workflow.Name);
        return Start(session, stream, negotiated);
    }

    private SessionResult Start(PeerSession session, RelayStream stream, NegotiatedPeer negotiated)
    {
        foreach (string note in negotiated.Notes)
            _logger.SessionNote(session.Protocol, session.Id, note);
        _streams.Retain(stream);
        session.CleanedUp = CleanUpAsync(session, stream);
        _sessions.Add(session);

        // The peer is its loop's once the session has started.
        string iceTag = IceRestarts.TagOf(negotiated.Peer);
        return session.Start()
            ? new SessionResult(SessionOutcome.Created, session.Id, negotiated.AnswerSdp, "") { IceTag = iceTag }
            : Refuse(SessionOutcome.Overloaded, "The event loop has no room for another session: try again in a few seconds.");
    }

    private async Task CleanUpAsync(PeerSession session, RelayStream stream)
    {
        await session.Ended.ConfigureAwait(false);
        _sessions.Remove(session);
        try
        {
            if (session is PublisherSession publisher)
                await EndInputAsync(publisher, stream).ConfigureAwait(false);
            LogEnd(session);
        }
#pragma warning disable CA1031 // The boundary of a session: what its workflow throws at the end is its own failure.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            _logger.SessionFault(fault);
        }
        finally
        {
            _streams.Release(stream);
            _sessions.Finish(session);
        }
    }

    // The input was stopped on its loop, so nothing is written to the pipeline any more.
    private static async Task EndInputAsync(PublisherSession publisher, RelayStream stream)
    {
        stream.RemovePublisher(publisher);
        await publisher.Input.DisposeAsync().ConfigureAwait(false);
    }

    private void LogEnd(PeerSession session)
    {
        if (session.Kind == SessionKind.Subscriber)
            _logger.RemovedSubscriber(session.Id, _sessions.CountOf(SessionKind.Subscriber));
        if (session.CloseReason is CloseReason.IceTimeout or CloseReason.DtlsFailed or CloseReason.FingerprintMismatch)
            _logger.CouldNotConnect(session.Protocol, session.Id, Explain(session.CloseReason));
        if (session.CloseReason is CloseReason.ConsentExpired)
            _logger.GivenUp(session.Protocol, session.Id);
        _logger.CleanedUp(session.Protocol, session.Id);
    }

    private string Explain(CloseReason reason) => reason switch
    {
        CloseReason.IceTimeout =>
            $"no ICE check of the client arrived at UDP port {string.Join(", ", MediaEndPoints.Select(end => end.Port))}{(IceTcpEndPoint is { } tcp ? $" or TCP port {tcp.Port}" : "")}; "
            + $"it was told to use {string.Join(", ", AnnouncedAddresses)}. Is the port open in the firewall, and is one of the addresses reachable (--advertise)?",
        CloseReason.DtlsFailed => "the DTLS handshake failed or did not finish in time.",
        _ => "the client's certificate is not the one that its SDP announced.",
    };

    // Says where on the stream's timeline the next publisher begins, also when the one before hangs and is not off yet.
    private async Task<TimeSpan> EndPublisherAsync(RelayStream stream)
    {
        if (stream.Publisher is not { } old)
            return stream.LastMediaTime;
        _logger.TakesOver(stream.Channel);
        old.Input.Cut();
        await old.CloseAsync(CloseTimeout).ConfigureAwait(false);
        return old.LastMediaTime > stream.LastMediaTime ? old.LastMediaTime : stream.LastMediaTime;
    }

    private StreamInput CreateInput(RelayStream stream, IWorkflow workflow)
    {
        if (_exchange.CreateProcessor(workflow) is not { } processor)
            return new StreamInput(stream, workflow, makePipeline: null);
        try
        {
            return new StreamInput(stream, workflow, input => _exchange.CreatePipeline(stream, input, workflow, processor));
        }
        catch
        {
            processor.Dispose();
            throw;
        }
    }

    private async Task ShutDownAsync()
    {
        _disposing = true;

        _supervisor.Stop();
        _candidates.Dispose();
        await _selfTest.EndAsync().ConfigureAwait(false);

        // A publisher that was let in before is seen to its start; the next one at the gate is refused.
        await Task.WhenAll(_streams.All.Select(WaitForGateAsync)).ConfigureAwait(false);
        await Task.WhenAll(_sessions.All.Select(session => session.CloseAsync(ShutdownSessionsTimeout))).ConfigureAwait(false);
        _listener?.Dispose();
        foreach (EventLoop loop in _loops)
            loop.Dispose();

        // The loops have closed what came meanwhile.
        Task cleanedUp = Task.WhenAll(_sessions.Unfinished.Select(session => session.CleanedUp));
        await cleanedUp.WaitAsync(ShutdownStepTimeout).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (RelayStream stream in _streams.All)
            stream.Dispose();
        _pipelineResources?.Inference.Stop(ShutdownStepTimeout);
        _videoFrames.Dispose();
        _certificate.Dispose();
    }

    private void EndWaiting(RelayStream stream)
    {
        _logger.Idle(stream.Channel, (int)_options.IdleTimeout.TotalSeconds);
        foreach (PeerSession session in _sessions.All.Where(session => session.Kind == SessionKind.Subscriber && StreamName.TryParse(session.StreamId, out StreamName name) && name.Channel == stream.Channel))
            _ = session.CloseAsync(CloseTimeout);
    }

    private static async Task WaitForGateAsync(RelayStream stream)
    {
        if (await stream.Gate.WaitAsync(ShutdownStepTimeout).ConfigureAwait(false))
            stream.Gate.Release();
    }

    private SessionResult? FindOverload() =>
        _disposing ? Refuse(SessionOutcome.Overloaded, "The relay is shutting down.")
        : _sessions.Count >= _options.MostSessions ? Refuse(SessionOutcome.Overloaded, $"Too many sessions: {_options.MostSessions} are open.")
        : null;
}
