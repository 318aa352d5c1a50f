using System.Collections.Concurrent;
using ComfyStream.Server.Hosting;
using ComfyStream.Server.Options;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ComfyStream.Server.Tests;

/// <summary>A whole server of its own on free ports, for one test class.</summary>
public class RunningServer : IAsyncLifetime
{
    private readonly TemporaryFolder _workspace = new();
    private RelayServer? _server;

    public ServeOptions Options { get; protected init; } = new() { Port = 0, MediaPort = 0, Advertise = [System.Net.IPAddress.Loopback] };

    public HttpClient Http { get; private set; } = new();

    public Uri Address => _server!.BaseAddress;

    public LogLines Log { get; } = new();

    public async ValueTask InitializeAsync()
    {
        _server = await RelayServer.StartAsync(Options with { Workspace = _workspace.Path }, logging => logging.AddProvider(Log), CancellationToken.None);
        Http = new HttpClient { BaseAddress = Address };
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _server!.DisposeAsync();
        _workspace.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>What a server logged.</summary>
public sealed class LogLines : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyList<string> All => [.. _lines];

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue(formatter(state, exception));

    public void Dispose()
    {
    }
}

/// <summary>A folder that goes with the test.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("comfystream-test-").FullName;

    public string Write(string name, string text)
    {
        string path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
