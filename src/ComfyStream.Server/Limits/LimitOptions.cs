namespace ComfyStream.Server.Limits;

/// <summary>How much is let in: the section <c>limits</c> of the config file. What each defends stands in docs/security.md.</summary>
public sealed record LimitOptions
{
    /// <summary>Sessions at once.</summary>
    public int Sessions { get; init; } = 4096;

    /// <summary>Channels in use at once.</summary>
    public int Channels { get; init; } = 1024;

    /// <summary>Sessions at once that have never been connected yet.</summary>
    public int HalfOpenSessions { get; init; } = 2048;

    /// <summary>Those of one address. Half of all, so that one address keeps nobody else out.</summary>
    public int HalfOpenSessionsPerAddress { get; init; } = 1024;

    /// <summary>Sessions at once of one address. As many as there are: a school, an office or a mobile network has one address.</summary>
    public int SessionsPerAddress { get; init; } = 4096;

    /// <summary>Channels at once that viewers wait for and nobody publishes to.</summary>
    public int WaitedForNames { get; init; } = 256;

    /// <summary>POST, PUT, PATCH and DELETE of one address.</summary>
    public RateOptions Address { get; init; } = RateOptions.WithTwoSecondsBurst(500);

    /// <summary>POST, PUT, PATCH and DELETE with one token.</summary>
    public RateOptions Token { get; init; } = RateOptions.WithTwoSecondsBurst(500);

    /// <summary>Wrong tokens of one address. People mistype; programs that guess, or run with a token that has expired, wait.</summary>
    public RateOptions WrongTokens { get; init; } = new(PerSecond: 1, Burst: 20);

    /// <summary>Share of time that the event loop with the least to do may be busy for new sessions to be let in.</summary>
    public double LoopLoad { get; init; } = 0.98;

    /// <summary>TCP connections at once.</summary>
    public int Connections { get; init; } = 4096;

    /// <summary>Largest body of a request.</summary>
    public int BodyBytes { get; init; } = 64 * 1024;

    /// <summary>Largest headers of a request, less its first line.</summary>
    public int HeaderBytes { get; init; } = 32 * 1024;

    /// <summary>Longest first line of a request, in which <c>prompts</c> travels.</summary>
    public int RequestLineBytes { get; init; } = 256 * 1024;

    /// <summary>How long the headers of a request may take.</summary>
    public TimeSpan HeaderTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How fast a body must come and an answer be taken, after five seconds.</summary>
    public int LeastBytesPerSecond { get; init; } = 240;
}
