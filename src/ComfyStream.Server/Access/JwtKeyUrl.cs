using Microsoft.IdentityModel.Tokens;

namespace ComfyStream.Server.Access;

/// <summary>
/// A JSON Web Key Set (RFC 7517) at a URL. Read when the first token comes, when it is old, and when a token names a key that is not
/// in it, but never more often than every ten seconds whatever tokens come. What was read stays in use for a day while the URL fails.
/// </summary>
internal sealed class JwtKeyUrl(Uri url, HttpClient http, TimeProvider clock) : IJwtKeys, IDisposable
{
    private static readonly TimeSpan _lifetime = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan _mostAge = TimeSpan.FromDays(1);
    private static readonly TimeSpan _leastInterval = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _reading = new(1);

    // Written while reading only.
    private volatile Reading? _last;

    public IReadOnlyList<string> Algorithms { get; } = [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.EcdsaSha256];

    public async ValueTask<JwtKeySet> GetAsync(string? keyId, CancellationToken cancellationToken)
    {
        if (!IsWanted(keyId))
            return Current();
        await _reading.WaitAsync(cancellationToken);
        try
        {
            if (IsWanted(keyId))
                _last = await ReadAsync(cancellationToken);
        }
        finally
        {
            _reading.Release();
        }
        return Current();
    }

    public void Dispose() => _reading.Dispose();

    private bool IsWanted(string? keyId)
    {
        if (_last is not { } last)
            return true;
        if (clock.GetElapsedTime(last.TriedAt) < _leastInterval)
            return false;
        return clock.GetElapsedTime(last.ReadAt) >= _lifetime || (keyId is not null && last.Keys.All(key => key.KeyId != keyId));
    }

    private JwtKeySet Current()
    {
        Reading last = _last!;
        return clock.GetElapsedTime(last.ReadAt) < _mostAge ? new JwtKeySet(last.Keys, last.Trouble) : new JwtKeySet([], last.Trouble);
    }

    private async Task<Reading> ReadAsync(CancellationToken cancellationToken)
    {
        long now = clock.GetTimestamp();
        try
        {
            string json = await http.GetStringAsync(url, cancellationToken);
            SecurityKey[] keys = [.. new JsonWebKeySet(json).Keys.Where(IsForSignatures)];
            return keys.Length > 0 ? new Reading(keys, now, now, "") : Failed("it holds no RSA or EC key for signatures");
        }
        catch (Exception e) when (e is HttpRequestException or ArgumentException or System.Text.Json.JsonException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return Failed(e is OperationCanceledException ? "it does not answer" : e.Message);
        }

        Reading Failed(string why) => new(_last?.Keys ?? [], now, _last?.ReadAt ?? now, $"the keys at {url} cannot be read: {why}");
    }

    private static bool IsForSignatures(JsonWebKey key) =>
        key.Use is null or "" or "sig" && (key.Kty == JsonWebAlgorithmsKeyTypes.RSA || (key.Kty == JsonWebAlgorithmsKeyTypes.EllipticCurve && key.Crv == JsonWebKeyECTypes.P256));

    /// <summary>What the URL said last.</summary>
    private sealed record Reading(IReadOnlyList<SecurityKey> Keys, long TriedAt, long ReadAt, string Trouble);
}
