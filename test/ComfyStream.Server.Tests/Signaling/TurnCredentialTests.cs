using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using ComfyStream.Server.Options;
using ComfyStream.Server.Signaling;
using Microsoft.AspNetCore.Http;
using Xunit;
using static ComfyStream.Server.Tests.Signaling.Requests;

namespace ComfyStream.Server.Tests.Signaling;

/// <summary>Credentials that TURN servers take because they share a secret with this server.</summary>
public sealed partial class TurnCredentialTests(TurnCredentialTests.ServerWithSecrets server) : IClassFixture<TurnCredentialTests.ServerWithSecrets>
{
    private const string Shared = "north-east-1f0c77", Own = "south-west-aa31";
    private const string Url = "turn:turn.example.org:3478?transport=udp";

    public sealed class ServerWithSecrets : RunningServer
    {
        public ServerWithSecrets() => Options = Options with
        {
            IceServers = [new IceServer("stun:stun.example.org:3478", null, null), new IceServer(Url, null, null), new IceServer("turns:b.example.org:5349", null, null) { Secret = SharedSecret.Of(Own, "x") }],
            TurnSecret = SharedSecret.Of(Shared, "x"),
            TurnLifetime = TimeSpan.FromMinutes(10),
        };
    }

    public static TheoryData<string> Endpoints => ["/whip", "/whep"];

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W65_Every_answer_has_new_turn_credentials_in_the_shape_that_readers_match(string path)
    {
        long before = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        string[] first = await LinksOfOffer(path), second = await LinksOfOffer(path);
        Assert.Equal(first[0], second[0]);
        string[] users = [.. first.Concat(second).Where(line => line.Contains("turn", StringComparison.Ordinal)).Select(line => Check(line, before))];
        Assert.Equal(4, users.Distinct().Count());
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W13_Options_has_new_turn_credentials_too(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, path);
        using HttpResponseMessage response = await server.Http.SendAsync(request, Cancel);
        string[] links = [.. response.Headers.GetValues("Link")];
        Assert.Equal(3, links.Length);
        Check(links[1], DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 10);
    }

    [Fact]
    public void Credentials_are_those_of_the_turn_rest_scheme()
    {
        // printf 1700003600:user | openssl dgst -sha1 -hmac north-east-1f0c77 -binary | base64
        Assert.Equal("mw/VFFilB9GiIuLaD5SJv3M+l/U=", SharedSecret.Of(Shared, "x").Sign("1700003600:user"));
    }

    [Fact]
    public void They_expire_after_the_lifetime_by_the_clock_of_each_answer()
    {
        var clock = new SteppedClock();
        var links = new LinkHeader([new IceServer(Url, null, null)], SharedSecret.Of(Shared, "x"), TimeSpan.FromHours(2), clock);
        foreach (TimeSpan step in new[] { TimeSpan.Zero, TimeSpan.FromHours(1) })
        {
            clock.Advance(step);
            var context = new DefaultHttpContext();
            links.AddTo(context.Response);
            string line = Assert.Single(context.Response.Headers.Link)!;
            Assert.Equal((clock.GetUtcNow() + TimeSpan.FromHours(2)).ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture), UserAndPassword().Match(line).Groups[1].Value.Split(':')[0]);
        }
    }

    [Fact]
    public async Task No_secret_and_no_credential_is_told_by_log_statistics_or_the_options_as_a_text()
    {
        string[] links = await LinksOfOffer("/whip");
        string[] secrets = [Shared, Own, .. links.SelectMany(line => UserAndPassword().Matches(line)).Select(match => match.Groups[2].Value)];
        Assert.Equal(4, secrets.Length);
        string told = string.Join('\n', server.Log.All) + server.Options + string.Join<IceServer>(' ', server.Options.IceServers) + new IceServer(Url, "u", Shared);
        foreach (string path in new[] { "/health", "/whip-stats", "/whep-stats", "/processing/status" })
            told += await server.Http.GetStringAsync(new Uri(path, UriKind.Relative), Cancel);
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, told, StringComparison.Ordinal));
    }

    [Fact]
    public void A_secret_file_gives_its_first_line_and_one_without_a_secret_is_refused()
    {
        using var folder = new TemporaryFolder();
        string good = folder.Write("good", $"{Shared}\n"), empty = folder.Write("empty", "\n");
        Assert.Equal(SharedSecret.Of(Shared, "x").Sign("1:u"), SharedSecret.Read(good, "--turn-secret-file").Sign("1:u"));
        Assert.Contains("--turn-secret-file", Assert.Throws<ServeException>(() => SharedSecret.Read(empty, "--turn-secret-file")).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be read", Assert.Throws<ServeException>(() => SharedSecret.Read(Path.Combine(folder.Path, "missing"), "--turn-secret-file")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_turn_server_with_neither_credentials_nor_secret_is_a_problem_at_start()
    {
        var options = new ServeOptions { IceServers = [new IceServer(Url, null, null)] };
        Assert.Contains("--turn-secret-file", options.Problem(), StringComparison.Ordinal);
        Assert.Empty((options with { TurnSecret = SharedSecret.Of(Shared, "x") }).Problem());
    }

    private static string Check(string line, long before)
    {
        Match match = UserAndPassword().Match(line);
        Assert.True(match.Success, line);
        (string user, string password) = (match.Groups[1].Value, match.Groups[2].Value);
        long expiry = long.Parse(user.Split(':')[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(expiry, before + 600, DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 600);
        string secret = line.StartsWith("<turns:b.", StringComparison.Ordinal) ? Own : Shared;
#pragma warning disable CA5350 // The scheme's hash.
        Assert.Equal(Convert.ToBase64String(HMACSHA1.HashData(Encoding.ASCII.GetBytes(secret), Encoding.ASCII.GetBytes(user))), password);
#pragma warning restore CA5350
        return user;
    }

    private async Task<string[]> LinksOfOffer(string path)
    {
        using HttpResponseMessage response = await server.Post(Endpoint(path, "turn"));
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return [.. response.Headers.GetValues("Link")];
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [GeneratedRegex("""^<turns?:[^>]+>; rel="ice-server"; username="(\d+:[0-9a-f]{16})"; credential="([A-Za-z0-9+/]{27}=)"; credential-type="password"$""")]
    private static partial Regex UserAndPassword();
}
