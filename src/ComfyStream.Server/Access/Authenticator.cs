using System.Net;
using ComfyStream.Server.Limits;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace ComfyStream.Server.Access;

/// <summary>
/// Finds out who sent a request: reads <c>Authorization: Bearer</c> (RFC 6750 2.1) and asks the sources whose token it is, the quick
/// one first. Addresses that send too many wrong tokens wait; those that are known already still pass from there.
/// </summary>
internal sealed partial class Authenticator
{
    private const string Scheme = "Bearer";

    // More than any JSON Web Token that fits the limit of the headers in practice.
    private const int MostTokenCharacters = 16 * 1024;

    private readonly KnownTokens _known;
    private readonly IReadOnlyList<ITokenSource> _others;
    private readonly AcceptedTokens _accepted;
    private readonly RateLimiter _wrongTokens;
    private readonly ILogger _logger;

    public Authenticator(AuthOptions options, IEnumerable<TokenEntry> ownTokens, IReadOnlyList<ITokenSource> others, RateOptions wrongTokens, TimeProvider clock, ILogger<Authenticator> logger)
    {
        IsOn = options.IsOn;
        _known = new KnownTokens([.. options.Tokens, .. ownTokens]);
        _others = others;
        _accepted = new AcceptedTokens(clock);
        _wrongTokens = new RateLimiter(wrongTokens, clock);
        _logger = logger;
    }

    /// <summary>Whether anything asks for a token.</summary>
    public bool IsOn { get; }

    public async ValueTask<Authentication> AuthenticateAsync(HttpContext context)
    {
        // A token that nobody asks for is no mistake: clients send one that they were not given, too.
        if (!IsOn)
            return new Authentication(AuthenticationOutcome.Accepted, Caller.Anyone);

        StringValues headers = context.Request.Headers.Authorization;
        if (headers.Count == 0)
            return new Authentication(AuthenticationOutcome.Missing, Caller.Nobody);
        if (headers.Count > 1)
            return new Authentication(AuthenticationOutcome.Malformed, Caller.Nobody) { Detail = "There is more than one Authorization header: send one." };
        if (!TryReadToken(headers.ToString(), out string token))
            return new Authentication(AuthenticationOutcome.WrongScheme, Caller.Nobody) { Detail = "The Authorization header is not 'Bearer TOKEN': the word Bearer and one space go before the token." };

        Authentication result = await JudgeAsync(token, context.Connection.RemoteIpAddress, context.RequestAborted);
        if (result.Outcome == AuthenticationOutcome.Wrong && context.Connection.RemoteIpAddress is var address)
        {
            if (!_wrongTokens.TryTake(RateLimiter.KeyOf(address), out TimeSpan wait))
                return TooMany(wait);
            LogWrong(address);
        }
        return result;
    }

    private async ValueTask<Authentication> JudgeAsync(string token, IPAddress? address, CancellationToken cancellationToken)
    {
        byte[] digest = TokenDigest.Of(token);
        if ((_known.Find(digest) ?? _accepted.Find(digest)) is { } caller)
            return new Authentication(AuthenticationOutcome.Accepted, caller);
        // The other sources cost a signature or a call: whoever keeps guessing does not get at them.
        if (!_wrongTokens.HasLeft(RateLimiter.KeyOf(address), out TimeSpan wait))
            return TooMany(wait);

        string trouble = "";
        foreach (ITokenSource source in _others)
        {
            TokenVerdict verdict = await source.JudgeAsync(token, address, cancellationToken);
            if (verdict.Caller is { } holder)
            {
                _accepted.Add(digest, holder, verdict.ValidFor);
                return new Authentication(AuthenticationOutcome.Accepted, holder);
            }
            if (verdict.Trouble.Length > 0)
                trouble = verdict.Trouble;
        }
        if (trouble.Length == 0)
            return new Authentication(AuthenticationOutcome.Wrong, Caller.Nobody);
        LogTrouble(trouble);
        return new Authentication(AuthenticationOutcome.Unavailable, Caller.Nobody) { RetryAfter = Limits.RetryAfter.Soon };
    }

    private static Authentication TooMany(TimeSpan wait) => new(AuthenticationOutcome.TooMany, Caller.Nobody) { RetryAfter = wait };

    private static bool TryReadToken(string header, out string token)
    {
        token = header.Length > Scheme.Length && header[Scheme.Length] == ' ' && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? header[Scheme.Length..].Trim(' ')
            : "";
        return token.Length is > 0 and <= MostTokenCharacters && !token.Contains(' ', StringComparison.Ordinal);
    }

    // As often as wrong tokens are answered at most.
    [LoggerMessage(1, LogLevel.Warning, "Access: a wrong token came from {Address}")]
    private partial void LogWrong(IPAddress? address);

    [LoggerMessage(2, LogLevel.Warning, "Access: a token could not be checked: {Trouble}")]
    private partial void LogTrouble(string trouble);
}

/// <summary>Who sent a request, or why that is not known.</summary>
/// <param name="Outcome">Which of the two.</param>
/// <param name="Caller"><see cref="Caller.Nobody"/> unless accepted.</param>
internal sealed record Authentication(AuthenticationOutcome Outcome, Caller Caller)
{
    /// <summary>What is wrong with the header.</summary>
    public string Detail { get; init; } = "";

    /// <summary>When to try again.</summary>
    public TimeSpan RetryAfter { get; init; }
}

/// <summary>What became of the credentials of a request.</summary>
internal enum AuthenticationOutcome
{
    Accepted,
    Missing,
    Malformed,
    WrongScheme,
    Wrong,
    TooMany,
    Unavailable,
}
