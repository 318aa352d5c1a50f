namespace ComfyStream.Server.Access;

/// <summary>Makes the sources that the config file names, and owns what they need.</summary>
internal sealed class TokenSources : IDisposable
{
    private const int MostAnswerBytes = 256 * 1024;
    private const int MostConnections = 16;
    private static readonly TimeSpan _jwksTimeout = TimeSpan.FromSeconds(5);

    private readonly List<IDisposable> _owned = [];

    /// <exception cref="ServeException">A source cannot be used, or one is required and there is none.</exception>
    public TokenSources(AuthOptions options, TimeProvider clock)
    {
        if (options is { Required: true, IsOn: false })
            throw new ServeException("auth.required is true, and nothing says who may come in. Make a token: ./comfystream token new --rights publish,view, and put the entry into auth.tokens; or set auth.jwt or auth.webhook.");
        var all = new List<ITokenSource>();
        if (options.Jwt is { } jwt)
            all.Add(new JwtTokens(jwt, KeysOf(jwt, clock), clock));
        if (options.Webhook is { } webhook)
            all.Add(new WebhookTokens(webhook, Client(Timeout.InfiniteTimeSpan)));
        All = all;
    }

    public IReadOnlyList<ITokenSource> All { get; }

    public void Dispose()
    {
        foreach (IDisposable part in Enumerable.Reverse(_owned))
            part.Dispose();
    }

    private IJwtKeys KeysOf(JwtOptions jwt, TimeProvider clock) => jwt.KeyFile is { } file
        ? JwtKeyFile.Read(file)
        : Own(new JwtKeyUrl(jwt.JwksUrl!, Client(_jwksTimeout), clock));

    // Redirects are not followed: tokens and trust go to the address that was configured and to no other.
    private HttpClient Client(TimeSpan timeout) => Own(new HttpClient(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        MaxConnectionsPerServer = MostConnections,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        Timeout = timeout,
        MaxResponseContentBufferSize = MostAnswerBytes,
    });

    private T Own<T>(T part) where T : IDisposable
    {
        _owned.Add(part);
        return part;
    }
}
