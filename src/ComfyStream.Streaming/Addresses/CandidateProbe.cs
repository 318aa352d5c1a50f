using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using ComfyStream.WebRtc.Ice;

namespace ComfyStream.Streaming.Addresses;

/// <summary>Sends a check to one of our own candidates and sees whether the answer comes.</summary>
/// <param name="candidate">The candidate.</param>
/// <param name="responder">Credentials of whoever answers on its event loop.</param>
/// <param name="isOurs">Whether an address is one of this machine.</param>
internal sealed class CandidateProbe(IceCandidate candidate, IceCredentials responder, Func<IPAddress, bool> isOurs)
{
    private const int Attempts = 4;
    private const int FrameHeaderBytes = 2;
    private static readonly TimeSpan _patience = TimeSpan.FromMilliseconds(400);

    private readonly IPEndPoint _address = candidate.Address.ToIPEndPoint();
    private readonly IceProbe _probe = new(responder);

    private string Protocol => candidate.IsTcp ? "tcp" : "udp";

    public async Task<CandidateReport> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var socket = candidate.IsTcp
                ? new Socket(_address.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
                : new Socket(_address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            return (candidate.IsTcp ? await AskByTcpAsync(socket, cancellationToken).ConfigureAwait(false) : await AskByUdpAsync(socket, cancellationToken).ConfigureAwait(false)) switch
            {
                Answer.Ours => Report(CandidateState.Answers, ""),
                Answer.Foreign => Report(CandidateState.Dead, "another program answers there."),
                _ when isOurs(_address.Address) => Report(CandidateState.Dead, $"a firewall on this machine drops {Protocol.ToUpperInvariant()} to that port."),
                _ => Report(CandidateState.Unchecked, "it is not an address of this machine, and nothing comes back by way of the router. Try it from outside."),
            };
        }
        catch (SocketException failure)
        {
            return Explain(failure.SocketErrorCode, failure.Message);
        }
    }

    private async Task<Answer> AskByUdpAsync(Socket socket, CancellationToken cancellationToken)
    {
        // Connected: what comes from elsewhere is no answer, and a refusal (ICMP) is told.
        await socket.ConnectAsync(_address, cancellationToken).ConfigureAwait(false);
        byte[] request = new byte[IceProbe.MaxRequestBytes], answer = new byte[1500];
        int requestBytes = _probe.WriteRequest(request);
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            await socket.SendAsync(request.AsMemory(0, requestBytes), cancellationToken).ConfigureAwait(false);
            if (await WithinPatienceAsync(token => socket.ReceiveAsync(answer, token).AsTask(), cancellationToken).ConfigureAwait(false) is { } byteCount)
                return _probe.IsAnswer(answer.AsSpan(0, byteCount)) ? Answer.Ours : Answer.Foreign;
        }

        return Answer.None;
    }

    // RFC 4571: each packet behind its length.
    private async Task<Answer> AskByTcpAsync(Socket socket, CancellationToken cancellationToken)
    {
        byte[] request = new byte[FrameHeaderBytes + IceProbe.MaxRequestBytes], answer = new byte[FrameHeaderBytes + 1500];
        int requestBytes = _probe.WriteRequest(request.AsSpan(FrameHeaderBytes));
        BinaryPrimitives.WriteUInt16BigEndian(request, (ushort)requestBytes);
        bool isConnected = await WithinPatienceAsync(
            async token =>
            {
                await socket.ConnectAsync(_address, token).ConfigureAwait(false);
                await socket.SendAsync(request.AsMemory(0, FrameHeaderBytes + requestBytes), token).ConfigureAwait(false);
                return 0;
            },
            cancellationToken).ConfigureAwait(false) is not null;
        if (!isConnected)
            return Answer.None;

        int received = 0;
        while (received < FrameHeaderBytes || received < FrameHeaderBytes + BinaryPrimitives.ReadUInt16BigEndian(answer))
        {
            int? more = received == answer.Length ? 0 : await WithinPatienceAsync(token => socket.ReceiveAsync(answer.AsMemory(received), token).AsTask(), cancellationToken).ConfigureAwait(false);
            if (more is null or 0)
                return Answer.Foreign;
            received += more.Value;
        }

        return _probe.IsAnswer(answer.AsSpan(FrameHeaderBytes..(FrameHeaderBytes + BinaryPrimitives.ReadUInt16BigEndian(answer)))) ? Answer.Ours : Answer.Foreign;
    }

    private static async Task<int?> WithinPatienceAsync(Func<CancellationToken, Task<int>> act, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_patience);
        try
        {
            return await act(patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private CandidateReport Explain(SocketError error, string message) => (error, isOurs(_address.Address)) switch
    {
        (SocketError.AccessDenied, _) => Report(CandidateState.Dead, $"a firewall on this machine forbids to send {Protocol.ToUpperInvariant()} to it."),
        (SocketError.ConnectionRefused or SocketError.ConnectionReset, true) => Report(CandidateState.Dead, "nothing of this relay listens there; compare --advertise with --media-host and the ports."),
        (SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.AddressFamilyNotSupported or SocketError.AddressNotAvailable, false) =>
            Report(CandidateState.Unchecked, "it is not an address of this machine, and no route leads to it from here."),
        (_, false) => Report(CandidateState.Unchecked, $"it is not an address of this machine, and its router refuses what comes from inside ({message}). Try it from outside."),
        _ => Report(CandidateState.Dead, $"{message}."),
    };

    private CandidateReport Report(CandidateState state, string reason) => new(_address.ToString(), Protocol, state, reason);

    private enum Answer
    {
        None,
        Ours,
        Foreign,
    }
}
