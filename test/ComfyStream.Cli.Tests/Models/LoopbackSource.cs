using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ComfyStream.Cli.Tests.Models;

/// <summary>A server of one file on this machine that misbehaves as it is told: each request takes the next of its answers, the last again.</summary>
internal sealed class LoopbackSource : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<Func<Request, Stream, CancellationToken, Task>> _answers;
    private readonly Task _work;
    private Func<Request, Stream, CancellationToken, Task> _last = (_, body, _) => WriteHeadAsync(body, "404 Not Found", "Content-Length: 0");

    public LoopbackSource(params Func<Request, Stream, CancellationToken, Task>[] answers)
    {
        _answers = new(answers);
        _listener.Start();
        _work = ServeAsync();
    }

    /// <summary>What was asked for.</summary>
    public sealed record Request(string? Range, string? IfRange);

    public ConcurrentQueue<Request> Requests { get; } = [];

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/model.onnx");

    /// <summary>The whole file, or the part that is asked for, as a good server gives them. Breaks off after so many bytes.</summary>
    public static Func<Request, Stream, CancellationToken, Task> File(byte[] file, string? version = "\"1\"", int breaksOffAfter = int.MaxValue) => async (request, body, cancellationToken) =>
    {
        bool isOther = request.IfRange is not null && request.IfRange != version;
        int from = request.Range is null || isOther ? 0 : int.Parse(request.Range["bytes=".Length..^1]);
        string versionLine = version is null ? "" : $"ETag: {version}\r\n";
        if (from >= file.Length)
        {
            await WriteHeadAsync(body, "416 Range Not Satisfiable", "Content-Length: 0");
            return;
        }

        string range = from == 0 ? "" : $"Content-Range: bytes {from}-{file.Length - 1}/{file.Length}\r\n";
        await WriteHeadAsync(body, from == 0 ? "200 OK" : "206 Partial Content", $"{versionLine}{range}Content-Length: {file.Length - from}");
        await body.WriteAsync(file.AsMemory(from, Math.Min(breaksOffAfter, file.Length - from)), cancellationToken);
    };

    /// <summary>The file a few bytes at a time.</summary>
    public static Func<Request, Stream, CancellationToken, Task> Slowly(byte[] file, TimeSpan pause) => async (_, body, cancellationToken) =>
    {
        await WriteHeadAsync(body, "200 OK", $"Content-Length: {file.Length}");
        foreach (byte[] piece in file.Chunk(file.Length / 10))
        {
            await body.WriteAsync(piece, cancellationToken);
            await Task.Delay(pause, cancellationToken);
        }
    };

    /// <summary>The whole file whatever part is asked for.</summary>
    public static Func<Request, Stream, CancellationToken, Task> WholeAlways(byte[] file) => (_, body, cancellationToken) => File(file)(new Request(null, null), body, cancellationToken);

    public static Func<Request, Stream, CancellationToken, Task> Status(string status) => (_, body, _) => WriteHeadAsync(body, status, "Content-Length: 0");

    /// <summary>Nothing at all, for ever.</summary>
    public static Func<Request, Stream, CancellationToken, Task> Silence() => (_, _, cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private static Task WriteHeadAsync(Stream body, string status, string fields) =>
        body.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nConnection: close\r\n{fields}\r\n\r\n")).AsTask();

    private async Task ServeAsync()
    {
        var served = new List<Task>();
        try
        {
            while (true)
                served.Add(AnswerAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
        }
        finally
        {
            await Task.WhenAll(served).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using TcpClient _ = client;
        await using NetworkStream stream = client.GetStream();
        using var reader = new StreamReader(stream, leaveOpen: true);
        string? range = null, ifRange = null;
        while (await reader.ReadLineAsync(_end.Token) is { Length: > 0 } line)
        {
            range = line.StartsWith("Range: ", StringComparison.Ordinal) ? line["Range: ".Length..] : range;
            ifRange = line.StartsWith("If-Range: ", StringComparison.Ordinal) ? line["If-Range: ".Length..] : ifRange;
        }

        var request = new Request(range, ifRange);
        Requests.Enqueue(request);
        if (_answers.TryDequeue(out Func<Request, Stream, CancellationToken, Task>? answer))
            _last = answer;
        await _last(request, stream, _end.Token);
    }
}
