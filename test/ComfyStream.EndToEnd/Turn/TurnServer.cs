using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using ComfyStream.EndToEnd.Processes;

namespace ComfyStream.EndToEnd.Turn;

/// <summary>Debian's coturn as a process, with a shared secret in the place of users.</summary>
internal sealed class TurnServer : IAsyncDisposable
{
    private const string Program = "turnserver";
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(20);

    private readonly DirectoryInfo _folder;
    private readonly ChildProcess _process;

    private TurnServer(DirectoryInfo folder, ChildProcess process, IPEndPoint address) => (_folder, _process, Address) = (folder, process, address);

    /// <summary>Where it listens, by UDP and by TCP.</summary>
    public IPEndPoint Address { get; }

    public string Log => _process.Tail;

    public static async Task<TurnServer> StartAsync(IPAddress address, string secret)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("comfystream-turn-");
        var at = new IPEndPoint(address, FreePort(address));
        ChildProcess process;
        try
        {
            process = ChildProcess.Start(
                Program, "-n", "--use-auth-secret", $"--static-auth-secret={secret}", "--realm=relay.test", "--fingerprint",
                $"--listening-ip={at.Address}", $"--relay-ip={at.Address}", $"--listening-port={at.Port}",
                "--no-tls", "--no-dtls", "--no-cli", "--no-multicast-peers", "--verbose", "--log-file=stdout",
                $"--pidfile={folder.FullName}/pid", $"--userdb={folder.FullName}/db");
        }
        catch (Win32Exception)
        {
            folder.Delete(recursive: true);
            throw new InvalidOperationException($"{Program} is missing: ./comfystream setup --tests installs it.");
        }

        var server = new TurnServer(folder, process, at);
        try
        {
            await process.LineWithAsync($"TCP listener opened on : {at}", _limit);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Signal(PosixSignal.SIGTERM);
        try
        {
            await _process.ExitAsync(_limit);
        }
        finally
        {
            await _process.DisposeAsync();
            _folder.Delete(recursive: true);
        }
    }

    private static int FreePort(IPAddress address)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(address, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
