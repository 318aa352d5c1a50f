using System.Net;
using System.Security.Claims;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ComfyStream.Server.Access;

/// <summary>
/// JSON Web Tokens. The algorithm is decided by our key, never by the token (RFC 8725 3.1); <c>exp</c> is needed; the rights and
/// channels are what its claims name, and nothing where they are missing.
/// </summary>
internal sealed class JwtTokens(JwtOptions options, IJwtKeys keys, TimeProvider clock) : ITokenSource
{
    private const int MostTokenBytes = 16 * 1024;
    private static readonly TimeSpan _clockSkew = TimeSpan.FromSeconds(30);

    // How long a key that was withdrawn may still let in who came before.
    private static readonly TimeSpan _mostCacheTime = TimeSpan.FromSeconds(60);

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = MostTokenBytes };

    public async ValueTask<TokenVerdict> JudgeAsync(string token, IPAddress? address, CancellationToken cancellationToken)
    {
        if (!TryRead(token, out JsonWebToken? read))
            return TokenVerdict.Unknown;
        JwtKeySet set = await keys.GetAsync(read.Kid, cancellationToken);
        if (set.Keys.Count == 0)
            return new TokenVerdict(null, TimeSpan.Zero, set.Trouble);

        TokenValidationResult result = await _handler.ValidateTokenAsync(read, ParametersFor(set.Keys));
        if (!result.IsValid)
            return TokenVerdict.Unknown;
        TimeSpan left = read.ValidTo - clock.GetUtcNow().UtcDateTime;
        return new TokenVerdict(CallerOf(read, result.ClaimsIdentity), left < _mostCacheTime ? left : _mostCacheTime, "");
    }

    private bool TryRead(string token, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out JsonWebToken? read)
    {
        read = null;
        if (!_handler.CanReadToken(token))
            return false;
        try
        {
            read = _handler.ReadJsonWebToken(token);
            return read.IsSigned;
        }
        catch (Exception e) when (e is ArgumentException or SecurityTokenException or FormatException)
        {
            return false;
        }
    }

    private TokenValidationParameters ParametersFor(IReadOnlyList<SecurityKey> signingKeys) => new()
    {
        IssuerSigningKeys = signingKeys,
        ValidAlgorithms = keys.Algorithms,
        RequireSignedTokens = true,
        RequireExpirationTime = true,
        ClockSkew = _clockSkew,
        LifetimeValidator = IsInTime,
        ValidateIssuer = options.Issuer is not null,
        ValidIssuer = options.Issuer,
        ValidateAudience = options.Audience is not null,
        ValidAudience = options.Audience,
    };

    private bool IsInTime(DateTime? notBefore, DateTime? expires, SecurityToken token, TokenValidationParameters parameters)
    {
        DateTime now = clock.GetUtcNow().UtcDateTime;
        return expires is { } end && now < end + _clockSkew && (notBefore is not { } begin || now >= begin - _clockSkew);
    }

    private Caller CallerOf(JsonWebToken token, ClaimsIdentity claims)
    {
        string id = token.Subject is { Length: > 0 } subject ? $"jwt:{token.Issuer} {subject}" : $"jwt:{Convert.ToHexString(TokenDigest.Of(token.EncodedToken))}";
        string[] patterns = [.. Words(claims, options.ChannelsClaim).Where(ChannelPatterns.IsValid)];
        return new Caller(id, AccessRightNames.Among(Words(claims, options.RightsClaim)), new ChannelPatterns(patterns));
    }

    // A list becomes one claim an item; a text with spaces is how `scope` is written (RFC 8693 4.2).
    private static IEnumerable<string> Words(ClaimsIdentity claims, string type) =>
        claims.FindAll(type).SelectMany(claim => claim.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
