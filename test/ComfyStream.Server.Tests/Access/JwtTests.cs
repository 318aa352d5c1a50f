using System.Net;
using System.Security.Cryptography;
using ComfyStream.Server.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace ComfyStream.Server.Tests.Access;

/// <summary>JSON Web Tokens, checked with keys from a file and from a URL.</summary>
public sealed class JwtTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RSA _rsa = RSA.Create(2048);
    private readonly ECDsa _ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(32).Select(b => (byte)(b | 1)).ToArray();
    private readonly SteppedClock _clock = new();

    public void Dispose()
    {
        _folder.Dispose();
        _rsa.Dispose();
        _ecdsa.Dispose();
    }

    public static TheoryData<string> Algorithms => ["RS256", "ES256", "HS256"];

    [Theory, MemberData(nameof(Algorithms))]
    public async Task A_token_signed_with_the_key_of_a_file_is_known_with_its_rights_and_channels(string algorithm)
    {
        Caller? caller = await JudgeAsync(FileFor(algorithm), Make(algorithm));
        Assert.NotNull(caller);
        Assert.True(caller.May(AccessRights.View, "cam1"));
        Assert.True(caller.May(AccessRights.Publish, "stage"));
        Assert.False(caller.May(AccessRights.Raw, "cam1"));
        Assert.False(caller.May(AccessRights.View, "other"));
    }

    [Theory, MemberData(nameof(Algorithms))]
    public async Task A_signature_by_another_key_is_refused(string algorithm)
    {
        string token = Make(algorithm);
        using var other = new JwtTests();
        Assert.Null(await JudgeAsync(other.FileFor(algorithm), token));
    }

    [Theory, MemberData(nameof(Algorithms))]
    public async Task A_token_that_was_changed_is_refused_at_every_place(string algorithm)
    {
        string token = Make(algorithm);
        for (int i = 0; i < token.Length; i += 7)
        {
            // The last characters of base64url may have bits that mean nothing.
            if (token[i] == '.' || i > token.Length - 3)
                continue;
            string changed = string.Concat(token.AsSpan(0, i), token[i] == 'A' ? "B" : "A", token.AsSpan(i + 1));
            Assert.Null(await JudgeAsync(FileFor(algorithm), changed));
        }
    }

    [Fact]
    public async Task A_token_without_a_signature_is_refused()
    {
        string payload = Make("RS256").Split('.')[1];
        Assert.Null(await JudgeAsync(FileFor("RS256"), $"{Base64UrlEncoder.Encode("""{"alg":"none","typ":"JWT"}""")}.{payload}."));
    }

    [Fact]
    public async Task A_public_key_does_not_serve_as_the_secret_of_another_algorithm()
    {
        byte[] pem = System.Text.Encoding.ASCII.GetBytes(_rsa.ExportSubjectPublicKeyInfoPem());
        string forged = Make(new SigningCredentials(new SymmetricSecurityKey(pem), SecurityAlgorithms.HmacSha256));
        Assert.Null(await JudgeAsync(FileFor("RS256"), forged));
    }

    [Theory]
    [InlineData("https://other.example.org", "relay", 60, 0)]
    [InlineData("https://id.example.org", "other", 60, 0)]
    [InlineData("https://id.example.org", "relay", -60, 0)]
    [InlineData("https://id.example.org", "relay", null, 0)]
    [InlineData("https://id.example.org", "relay", 600, 60)]
    public async Task Another_issuer_or_audience_and_a_time_that_is_over_missing_or_not_yet_are_refused(string issuer, string audience, int? secondsLeft, int secondsUntil) =>
        Assert.Null(await JudgeAsync(FileFor("ES256"), Make(Credentials("ES256"), issuer, audience, secondsLeft, secondsUntil)));

    [Theory]
    [InlineData("view publish raw", "cam*")]
    [InlineData("openid profile view", "cam1 stage")]
    public async Task Rights_and_channels_may_be_words_in_a_text_as_in_scope(string scope, string channels)
    {
        var options = new JwtOptions { KeyFile = FileFor("ES256").KeyFile, RightsClaim = "scope", ChannelsClaim = "rooms" };
        Caller? caller = await JudgeAsync(options, Make(Credentials("ES256"), claims: new() { ["scope"] = scope, ["rooms"] = channels }));
        Assert.True(caller!.May(AccessRights.View, "cam1"));
    }

    [Fact]
    public async Task Without_the_claims_a_token_lets_do_nothing()
    {
        Caller? caller = await JudgeAsync(FileFor("ES256"), Make(Credentials("ES256"), claims: []));
        Assert.False(caller!.May(AccessRights.View, "cam1"));
    }

    [Fact]
    public async Task A_token_that_is_renewed_is_the_same_caller_and_another_subject_is_another()
    {
        Caller? first = await JudgeAsync(FileFor("ES256"), Make(Credentials("ES256"), secondsLeft: 60));
        Caller? renewed = await JudgeAsync(FileFor("ES256"), Make(Credentials("ES256"), secondsLeft: 600));
        Caller? other = await JudgeAsync(FileFor("ES256"), Make(Credentials("ES256"), claims: new() { ["sub"] = "bob" }));
        Assert.Equal(first!.Id, renewed!.Id);
        Assert.NotEqual(first.Id, other!.Id);
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("ES256")]
    public async Task Keys_of_a_url_are_used(string algorithm)
    {
        await using LoopbackService jwks = await LoopbackService.StartAsync(context => context.Response.WriteAsync(KeySet("k1", "k2")));
        using var sources = Sources(jwks);
        TokenVerdict verdict = await sources.All[0].JudgeAsync(Make(algorithm, algorithm == "RS256" ? "k1" : "k2"), null, Cancel);
        Assert.True(verdict.Caller!.May(AccessRights.View, "cam1"));
    }

    [Fact]
    public async Task A_new_key_is_fetched_when_a_token_names_it_and_unknown_names_do_not_make_us_fetch_for_each()
    {
        int fetched = 0;
        string key = "old";
        await using LoopbackService jwks = await LoopbackService.StartAsync(context =>
        {
            fetched++;
            return context.Response.WriteAsync(KeySet(key, key));
        });
        using var sources = Sources(jwks);
        Assert.NotNull((await sources.All[0].JudgeAsync(Make("RS256", "old"), null, Cancel)).Caller);
        key = "new";
        for (int i = 0; i < 20; i++)
            await sources.All[0].JudgeAsync(Make("RS256", $"unknown-{i}"), null, Cancel);
        Assert.Equal(1, fetched);

        _clock.Advance(TimeSpan.FromSeconds(11));
        Assert.NotNull((await sources.All[0].JudgeAsync(Make("RS256", "new"), null, Cancel)).Caller);
        Assert.Equal(2, fetched);
    }

    [Fact]
    public async Task While_the_url_fails_the_keys_that_are_known_stay_and_without_any_it_is_said()
    {
        bool isUp = false;
        await using LoopbackService jwks = await LoopbackService.StartAsync(context =>
        {
            context.Response.StatusCode = isUp ? 200 : 500;
            return context.Response.WriteAsync(isUp ? KeySet("k", "k") : "");
        });
        using var sources = Sources(jwks);
        TokenVerdict none = await sources.All[0].JudgeAsync(Make("RS256", "k"), null, Cancel);
        Assert.Contains("cannot be read", none.Trouble, StringComparison.Ordinal);

        isUp = true;
        _clock.Advance(TimeSpan.FromSeconds(11));
        Assert.NotNull((await sources.All[0].JudgeAsync(Make("RS256", "k"), null, Cancel)).Caller);
        isUp = false;
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.NotNull((await sources.All[0].JudgeAsync(Make("RS256", "k", secondsLeft: 7200), null, Cancel)).Caller);
    }

    [Theory]
    [InlineData("short", "32 bytes")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "private")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "key.pem")]
    public void A_key_file_that_cannot_be_used_is_named(string text, string named)
    {
        ServeException error = Assert.Throws<ServeException>(() => JwtKeyFile.Read(_folder.Write("key.pem", text)));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    private TokenSources Sources(LoopbackService jwks) => new(new AuthOptions { Jwt = new JwtOptions { JwksUrl = jwks.Url } }, _clock);

    private async Task<Caller?> JudgeAsync(JwtOptions options, string token)
    {
        using var sources = new TokenSources(new AuthOptions { Jwt = options }, _clock);
        return (await Assert.Single(sources.All).JudgeAsync(token, IPAddress.Loopback, Cancel)).Caller;
    }

    private JwtOptions FileFor(string algorithm)
    {
        string path = algorithm switch
        {
            "RS256" => _folder.Write("rsa.pem", _rsa.ExportSubjectPublicKeyInfoPem()),
            "ES256" => _folder.Write("ec.pem", _ecdsa.ExportSubjectPublicKeyInfoPem()),
            _ => Path.Combine(_folder.Path, "secret"),
        };
        if (algorithm == "HS256")
            File.WriteAllBytes(path, [.. _secret, (byte)'\n']);
        return new JwtOptions { KeyFile = path, Issuer = "https://id.example.org", Audience = "relay" };
    }

    private SigningCredentials Credentials(string algorithm, string? keyId = null)
    {
        SecurityKey key = algorithm switch
        {
            "RS256" => new RsaSecurityKey(_rsa),
            "ES256" => new ECDsaSecurityKey(_ecdsa),
            _ => new SymmetricSecurityKey(_secret),
        };
        key.KeyId = keyId;
        return new SigningCredentials(key, algorithm) { CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false } };
    }

    private string Make(string algorithm, string? keyId = null, int? secondsLeft = 60) => Make(Credentials(algorithm, keyId), secondsLeft: secondsLeft);

    private string Make(
        SigningCredentials credentials, string issuer = "https://id.example.org", string audience = "relay", int? secondsLeft = 60, int secondsUntil = 0, Dictionary<string, object>? claims = null)
    {
        DateTime now = _clock.GetUtcNow().UtcDateTime;
        var all = new Dictionary<string, object>(claims ?? new() { ["rights"] = new[] { "view", "publish" }, ["channels"] = new[] { "cam*", "stage" } });
        all.TryAdd("sub", "alice");
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer,
            Audience = audience,
            Claims = all,
            NotBefore = now.AddSeconds(secondsUntil),
            Expires = secondsLeft is { } left ? now.AddSeconds(left) : null,
            SigningCredentials = credentials,
        });
    }

    private string KeySet(string rsaId, string ecId)
    {
        JsonWebKey rsa = JsonWebKeyConverter.ConvertFromRSASecurityKey(new RsaSecurityKey(_rsa.ExportParameters(false)) { KeyId = rsaId });
        JsonWebKey ec = JsonWebKeyConverter.ConvertFromECDsaSecurityKey(new ECDsaSecurityKey(_ecdsa) { KeyId = ecId });
        return $$"""
            { "keys": [
              { "kty": "RSA", "use": "sig", "kid": "{{rsa.Kid}}", "n": "{{rsa.N}}", "e": "{{rsa.E}}" },
              { "kty": "EC", "crv": "P-256", "kid": "{{ec.Kid}}", "x": "{{ec.X}}", "y": "{{ec.Y}}" },
              { "kty": "oct", "kid": "s", "k": "c2VjcmV0" } ] }
            """;
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;
}
