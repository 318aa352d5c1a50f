using System.Net.Sockets;
using ComfyStream.Media;
using ComfyStream.Server.Options;
using ComfyStream.Streaming;
using ComfyStream.Streaming.Addresses;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Server.Hosting;

/// <summary>Starts the relay, and says in the operator's words why its ports cannot be opened.</summary>
internal static class MediaPorts
{
    public static Relay Open(ServeOptions options, ICodecFactory? codecs, ILoggerFactory loggers)
    {
        var relayOptions = new RelayOptions
        {
            MediaHost = options.MediaHost,
            MediaPort = options.MediaPort,
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
            return new Relay(relayOptions, loggers);
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
}
