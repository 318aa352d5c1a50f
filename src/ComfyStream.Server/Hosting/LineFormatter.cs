using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace ComfyStream.Server.Hosting;

/// <summary>
/// One line a message: <c>INFO: WHEP: Created subscription session ...</c>. Control characters are replaced, so that no name,
/// header or SDP can forge a line or steer a terminal.
/// </summary>
internal sealed class LineFormatter() : ConsoleFormatter(FormatterName)
{
    /// <summary>Name under which the console logger finds it.</summary>
    public const string FormatterName = "line";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        textWriter.Write(Word(logEntry.LogLevel));
        textWriter.Write(": ");
        WriteSafe(textWriter, logEntry.Formatter(logEntry.State, logEntry.Exception));
        textWriter.Write('\n');
        if (logEntry.Exception is not { } exception)
            return;
        foreach (string line in exception.ToString().Split('\n'))
        {
            textWriter.Write("    ");
            WriteSafe(textWriter, line.TrimEnd('\r'));
            textWriter.Write('\n');
        }
    }

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Information => "INFO",
        LogLevel.Warning => "WARNING",
        LogLevel.Error => "ERROR",
        LogLevel.Critical => "CRITICAL",
        _ => "DEBUG",
    };

    private static void WriteSafe(TextWriter writer, string text)
    {
        foreach (char c in text)
        {
            // U+2028 and U+2029 end a line too for some readers, U+202A.. reorder what a person sees.
            bool isUnsafe = char.IsControl(c) || c is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
            writer.Write(isUnsafe ? '\uFFFD' : c);
        }
    }
}
