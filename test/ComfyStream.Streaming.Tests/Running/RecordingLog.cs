using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Streaming.Tests.Running;

/// <summary>Keeps log lines; throws at those that a test chooses.</summary>
internal sealed class RecordingLog : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, string Line)> _lines = [];

    /// <summary>Asked for each line: whether the logger fails at it.</summary>
    public Func<string, bool> FailsAt { get; set; } = _ => false;

    public IReadOnlyList<string> Lines => [.. _lines.Select(entry => entry.Line)];

    public IReadOnlyList<string> Faults => [.. _lines.Where(entry => entry.Level == LogLevel.Critical).Select(entry => entry.Line)];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        string line = formatter(state, exception);
        _lines.Enqueue((logLevel, exception is null ? line : $"{line}: {exception}"));
        if (FailsAt(line))
            throw new InvalidOperationException($"The log fails at: {line}");
    }

    public void Dispose()
    {
    }
}
