using System.Net;
using ComfyStream.Streaming.Diagnostics;
using ComfyStream.Streaming.Sessions;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Sdp;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Streaming.Addresses;

/// <summary>
/// Finds out which of our candidates answer, beside everything else: at start, and when other addresses are announced. A peer that
/// nobody negotiated answers on each event loop for as long as it takes.
/// </summary>
internal sealed class CandidateSelfTest(IReadOnlyList<EventLoop> loops, AnnouncedCandidates candidates, DtlsCertificate certificate, ILogger logger)
{
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _gate = new();
    private Task _running = Task.CompletedTask;
    private bool _isFollowing;
    private volatile IReadOnlyList<CandidateReport> _reports = [];

    /// <summary>What was found last.</summary>
    public IReadOnlyList<CandidateReport> Reports => _reports;

    /// <summary>Tests now, and again whenever the candidates change.</summary>
    public Task BeginAsync()
    {
        lock (_gate)
        {
            if (_ending.IsCancellationRequested)
                return Task.CompletedTask;
            if (!_isFollowing)
                candidates.Changed += () => _ = BeginAsync();
            _isFollowing = true;
            return _running = RunAfterAsync(_running);
        }
    }

    public async Task EndAsync()
    {
        Task running;
        lock (_gate)
        {
            _ending.Cancel();
            running = _running;
        }

        await running.ConfigureAwait(false);
        _ending.Dispose();
    }

    private async Task RunAfterAsync(Task before)
    {
        await before.ConfigureAwait(false);
        try
        {
            _reports = await TestAsync().ConfigureAwait(false);
            Tell(_reports);
        }
        catch (OperationCanceledException)
        {
            // The relay ends.
        }
#pragma warning disable CA1031 // A test that fails must not end what it tests.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            logger.SessionFault(fault);
        }
    }

    private async Task<IReadOnlyList<CandidateReport>> TestAsync()
    {
        HashSet<IPAddress> own = [.. LocalInterface.All().SelectMany(network => network.Addresses), IPAddress.Loopback, IPAddress.IPv6Loopback];
        CandidateReport[][] reports = await Task.WhenAll(loops.Select((_, loop) => TestAsync(loop, own.Contains))).ConfigureAwait(false);
        return [.. reports.SelectMany(found => found).Distinct()];
    }

    private async Task<CandidateReport[]> TestAsync(int index, Func<IPAddress, bool> isOurs)
    {
        using DtlsIdentity? identity = certificate.Take();
        if (identity is null)
            return [];

        EventLoop loop = loops[index];
        IceCredentials credentials = IceCredentials.Create(index);
        var peer = new PeerConnection(SessionOf(credentials, identity), identity, new PeerOptions(), EventLoop.Now);
        var responder = new Responder();
        if (!loop.Post(on => on.Add(peer, responder)))
        {
            peer.Dispose();
            return [];
        }

        try
        {
            return await Task.WhenAll(candidates.Of(index).Select(candidate => new CandidateProbe(candidate, credentials, isOurs).RunAsync(_ending.Token))).ConfigureAwait(false);
        }
        finally
        {
            loop.Post(on =>
            {
                if (responder.IsClosed)
                    return;
                peer.Close(EventLoop.Now);
                on.Touch(peer);
            });
        }
    }

    private static NegotiatedSession SessionOf(IceCredentials credentials, DtlsIdentity identity) => new()
    {
        LocalIce = credentials,
        RemoteIce = IceCredentials.Create() with { UserFragment = IceProbe.UserFragment },
        IceRole = IceRole.LiteControlled,
        RemoteCandidates = [],
        DtlsRole = DtlsRole.Server,
        RemoteFingerprints = [identity.Fingerprint],
        Media = [],
    };

    private void Tell(IReadOnlyList<CandidateReport> reports)
    {
        string[] answering = [.. reports.Where(report => report.State == CandidateState.Answers).Select(NameOf)];
        if (answering.Length > 0)
            logger.CandidatesAnswer(string.Join(", ", answering));
        foreach (CandidateReport report in reports)
        {
            if (report.State == CandidateState.Dead)
                logger.CandidateDead(NameOf(report), report.Reason);
            else if (report.State == CandidateState.Unchecked)
                logger.CandidateUnchecked(NameOf(report), report.Reason);
        }
    }

    private static string NameOf(CandidateReport report) => $"{report.Address}/{report.Protocol}";

    private sealed class Responder : IPeerHandler
    {
        /// <summary>Whether its peer has ended (on the loop).</summary>
        public bool IsClosed { get; private set; }

        public void OnPeerEvent(EventLoop loop, PeerConnection peer, PeerEvent peerEvent)
        {
        }

        public void OnPeerClosed(EventLoop loop, PeerConnection peer) => IsClosed = true;
    }
}
