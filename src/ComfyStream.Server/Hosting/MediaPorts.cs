using System.Net.Sockets;
using ComfyStream.Media;
using ComfyStream.Server.Options;
using ComfyStream.Streaming;
using ComfyStream.Streaming.Addresses;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Server.Hosting;

/// <summary>Starts the relay, and says in the operator's words why its ports cannot be opened.</summary>
internal static partial class MediaPorts
{
    private const string LogCategory = "ComfyStream";

    public static Relay Open(ServeOptions options, ICodecFactory? codecs, ILoggerFactory loggers)
    {
        var relayOptions = new RelayOptions
        {
            MediaHost = options.MediaHost,
            MediaPort = options.MediaPort,
            IceTcpPort = FindIceTcpPort(options, loggers),
            EventLoops = options.EventLoops,
            SocketMode = options.SocketMode,
            Advertise = options.Advertise,
            InterfaceFilter = options.Interfaces,
            AnnouncesLoopback = options.IsLocal,
            BitRate = options.BitRate,
            AllowRaw = options.AllowRaw,
            Codecs = codecs,
            ToleratesIceRoleConflict = options.ToleratesIceRoleConflict,
            MostSessions = options.Limits.Sessions,
            MostStreams = options.Limits.Channels,
            GraceTime = options.GraceTime,
            IdleTimeout = options.IdleTimeout == TimeSpan.Zero ? TimeSpan.MaxValue : options.IdleTimeout,
        };
        try
        {
            var relay = new Relay(relayOptions, loggers);
            if (relay.IceTcpFailure is { } failure)
                FollowIceTcpFailure(relay, failure, options, loggers);
            return relay;
        }
        catch (AddressException e)
        {
            throw new ServeException($"{(options.Interfaces.Text.Length > 0 && options.Advertise.Count == 0 ? "--interface" : "--advertise")}: {e.Message}");
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            int last = options.MediaPort + options.EventLoops - 1;
            string ports = last == options.MediaPort ? $"UDP port {last} is" : $"One of the UDP ports {options.MediaPort} to {last} is";
            throw new ServeException($"{ports} in use, perhaps by another relay. Stop the other program, or choose another: --media-port {Math.Min(last + 10, 65000)} (0 takes a free one), and another --port too beside another relay.");
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressNotAvailable)
        {
            throw new ServeException($"--media-host {options.MediaHost} is no address of this machine. Leave it out to use all.");
        }
        catch (SocketException e)
        {
            throw new ServeException($"The UDP port {options.MediaPort} on {options.MediaHost} cannot be opened: {e.Message}. Choose others by --media-host and --media-port.");
        }
    }

    private static int? FindIceTcpPort(ServeOptions options, ILoggerFactory loggers)
    {
        if (!options.IceTcp || options.IceTcpPort is not null)
            return options.IceTcpPort;
        if (options.MediaPort == 0 || options.MediaPort != options.Port)
            return options.MediaPort;
        LogNoIceTcp(loggers.CreateLogger(LogCategory), options.MediaPort, "is that of HTTP");
        return null;
    }

    // A port that was asked for has to be there; the one that comes by itself is missed by few.
    private static void FollowIceTcpFailure(Relay relay, SocketException failure, ServeOptions options, ILoggerFactory loggers)
    {
        string reason = failure.SocketErrorCode == SocketError.AddressAlreadyInUse ? "is in use" : $"cannot be opened: {failure.Message}";
        if (options.IceTcpPort is not { } port)
        {
            LogNoIceTcp(loggers.CreateLogger(LogCategory), options.MediaPort, reason);
            return;
        }

        relay.DisposeAsync().AsTask().GetAwaiter().GetResult();
        throw new ServeException($"The TCP port {port} for media {reason}. Choose another: --ice-tcp-port {Math.Min(port + 10, 65000)} (0 takes a free one), or off to do without.");
    }

    [LoggerMessage(60, LogLevel.Warning, "The TCP port {Port} for media {Reason}. Clients whose network blocks UDP cannot connect; choose a free port for them (--ice-tcp-port 0) or none (--ice-tcp-port off)")]
    private static partial void LogNoIceTcp(ILogger logger, int port, string reason);
}
