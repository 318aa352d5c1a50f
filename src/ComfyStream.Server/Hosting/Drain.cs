using ComfyStream.Streaming;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Server.Hosting;

/// <summary>
/// Ends a server without ending anybody's stream: no new sessions, and when the last one has left, or at the deadline, the end.
/// Thread-safe.
/// </summary>
/// <param name="sessionsLeft">How many sessions keep it running.</param>
/// <param name="clock">Tells the deadline.</param>
/// <param name="logger">Told of begin and end.</param>
internal sealed partial class Drain(Func<int> sessionsLeft, TimeProvider clock, ILogger<Drain> logger) : IDisposable
{
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ITimer? _timer;
    private volatile DrainPlan? _plan;

    /// <summary>How it drains; null while it does not.</summary>
    public DrainPlan? Plan => _plan;

    /// <summary>Completes when nothing keeps the server any more.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Sessions that keep it running.</summary>
    public int SessionsLeft => sessionsLeft();

    /// <summary>Begins, or changes target and deadline of what was begun.</summary>
    public void Begin(Uri? redirect, TimeSpan deadline)
    {
        lock (_gate)
        {
            _plan = new DrainPlan(redirect, clock.GetUtcNow() + deadline);
            LogBegins(SessionsLeft, (int)deadline.TotalSeconds);
            _timer ??= clock.CreateTimer(_ => Look(), null, TimeSpan.Zero, _interval);
        }
    }

    public void Dispose() => _timer?.Dispose();

    private void Look()
    {
        int left = SessionsLeft;
        if ((left == 0 || clock.GetUtcNow() >= _plan!.Deadline) && _ended.TrySetResult())
            LogEnds(left);
    }

    [LoggerMessage(1, LogLevel.Information, "Draining: no new sessions; {Sessions} are left, for at most {Seconds} s")]
    private partial void LogBegins(int sessions, int seconds);

    [LoggerMessage(2, LogLevel.Information, "Drained: {Sessions} sessions are left, the server ends")]
    private partial void LogEnds(int sessions);
}

/// <summary>How a server drains.</summary>
/// <param name="Redirect">Where new sessions are made instead; null: nowhere.</param>
/// <param name="Deadline">When it ends whoever is left.</param>
internal sealed record DrainPlan(Uri? Redirect, DateTimeOffset Deadline);
