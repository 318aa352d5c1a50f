using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace ComfyStream.Server.Hosting;

/// <summary>Where the log goes.</summary>
public static class LoggingExtensions
{
    /// <summary>To standard output, one line a message: <c>INFO: WHEP: ...</c>.</summary>
    public static ILoggingBuilder AddLines(this ILoggingBuilder logging)
    {
        logging.AddConsole(console =>
        {
            console.FormatterName = LineFormatter.FormatterName;
            // A terminal that stands still must not hold up a media thread.
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
        logging.AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
        return logging;
    }
}
