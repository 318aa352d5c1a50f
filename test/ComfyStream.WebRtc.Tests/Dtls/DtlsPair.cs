using System.Diagnostics;
using ComfyStream.WebRtc.Dtls;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Dtls;

/// <summary>Two transports and the path between them, in real time (libssl's timers know no other).</summary>
internal sealed class DtlsPair : IDisposable
{
    public static readonly DtlsIdentity ClientIdentity = DtlsIdentity.Create(new DateOnly(2026, 1, 1));
    public static readonly DtlsIdentity ServerIdentity = DtlsIdentity.Create(new DateOnly(2026, 1, 1));

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    private readonly Stopwatch _clock = Stopwatch.StartNew();

    public DtlsPair(IReadOnlyList<Fingerprint>? expectedByClient = null, IReadOnlyList<Fingerprint>? expectedByServer = null)
    {
        Client = new DtlsTransport(ClientIdentity, DtlsRole.Client, expectedByClient ?? [ServerIdentity.Fingerprint]);
        Server = new DtlsTransport(ServerIdentity, DtlsRole.Server, expectedByServer ?? [ClientIdentity.Fingerprint]);
    }

    public DtlsTransport Client { get; }

    public DtlsTransport Server { get; }

    public TimeSpan Now => _clock.Elapsed;

    public static List<byte[]> Drain(DtlsTransport transport)
    {
        var datagrams = new List<byte[]>();
        var buffer = new byte[DtlsTransport.MaxDatagramBytes];
        while (transport.TryGetDatagram(buffer, out var byteCount))
            datagrams.Add(buffer[..byteCount]);
        return datagrams;
    }

    /// <summary>Carries datagrams, changed by <paramref name="path"/> (which gets a flight and whether the client sent it), until both are connected.</summary>
    public void Connect(Func<List<byte[]>, bool, IEnumerable<byte[]>>? path = null)
    {
        RunUntil(() => Client.State == DtlsState.Connected && Server.State == DtlsState.Connected, path);
        Assert.Equal((DtlsState.Connected, DtlsState.Connected, "", ""), (Client.State, Server.State, Client.FailureText, Server.FailureText));
    }

    /// <summary>Carries datagrams until <paramref name="isDone"/>, or both have ended, or the time limit.</summary>
    public void RunUntil(Func<bool> isDone, Func<List<byte[]>, bool, IEnumerable<byte[]>>? path = null)
    {
        path ??= (flight, _) => flight;
        Client.Start(Now);
        Server.Start(Now);
        while (!isDone() && Now < s_limit)
        {
            var carried = Carry(Client, Server, path, fromClient: true) | Carry(Server, Client, path, fromClient: false);
            if (carried)
                continue;
            if (Client.NextDeadline == TimeSpan.MaxValue && Server.NextDeadline == TimeSpan.MaxValue)
                return;
            Thread.Sleep(1);
            Client.HandleDeadline(Now);
            Server.HandleDeadline(Now);
        }
    }

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
    }

    private bool Carry(DtlsTransport from, DtlsTransport to, Func<List<byte[]>, bool, IEnumerable<byte[]>> path, bool fromClient)
    {
        var flight = Drain(from);
        if (flight.Count == 0)
            return false;
        foreach (var datagram in path(flight, fromClient))
            to.HandleDatagram(Now, datagram);
        return true;
    }
}
