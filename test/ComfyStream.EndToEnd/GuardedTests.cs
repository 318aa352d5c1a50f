using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using ComfyStream.EndToEnd.Browser;
using ComfyStream.EndToEnd.Guarded;
using ComfyStream.EndToEnd.Processes;
using Microsoft.Playwright;

namespace ComfyStream.EndToEnd;

/// <summary>The page over HTTPS on a relay that asks for tokens.</summary>
public sealed partial class GuardedTests(GuardedRelay relay, Chromium chromium) : RelayTests(relay), IClassFixture<GuardedRelay>
{
    private static readonly string[] _told = ["/whip-stats", "/whep-stats", "/processing/status", "/health", "/workflows", "/control/drain"];

    [Fact]
    public async Task W62_A_call_over_https_with_a_token_plays_and_nothing_secret_is_told_by_log_or_statistics()
    {
        await using BrowserSession browser = await chromium.OpenAsync(takesAnyCertificate: true);
        IPage page = await browser.OpenAsync(new Uri("about:blank"));
        ConcurrentBag<string> passwords = CollectIcePasswords(page);
        await page.GotoAsync($"{Relay.Address}#token={relay.Guest}");
        await page.Locator("#publish:enabled").WaitForAsync(Patience);
        await page.Locator("#workflow").SelectOptionAsync("invert");
        await page.Locator("#publish").ClickAsync();
        // A slate would be live too: the camera's own pictures are waited for.
        await page.GetByText("Publishing to default through invert").WaitForAsync(Patience);
        await Eventually.PassesAsync(() => ReadAsAdminAsync("/processing/status"), status => status.Contains("Processing ready", StringComparison.Ordinal), "the call plays");
        await page.Locator("#state[data-state=live]").WaitForAsync(Patience);
        Assert.DoesNotContain(relay.Guest, page.Url, StringComparison.Ordinal);

        string told = string.Concat(await Task.WhenAll(_told.Select(ReadAsAdminAsync)));
        Assert.Contains("\"connected\"", told, StringComparison.Ordinal);
        using (HttpRequestMessage wrong = Request("/whep-stats", "a-wrong-token-77aa"))
        using (await Relay.Http.SendAsync(wrong, Cancel))
        {
        }
        JsonElement aiortc = await PeerProcess.RunAsync("aiortc_peer.py", "tell", Relay.Whep("default"), relay.Guest);
        told += string.Concat(await Task.WhenAll(_told.Select(ReadAsAdminAsync)));
        await page.Locator("#stop").ClickAsync();
        await page.CloseAsync();

        string[] secrets = [.. relay.Secrets, "a-wrong-token-77aa", .. passwords.Distinct(), .. Texts(aiortc, "passwords"), .. Texts(aiortc, "keys").SelectMany(InAllSpellings)];
        // Those of two ends of two sessions at least.
        Assert.True(passwords.Distinct().Count() >= 4, $"the call's ICE passwords are known: {passwords.Count}");
        Assert.Contains(passwords, password => password.Length == 28 && password.EndsWith('='));
        Assert.Equal((2, 4), (Texts(aiortc, "passwords").Length, Texts(aiortc, "keys").Length));
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, told, StringComparison.Ordinal));
        string log = string.Join('\n', Relay.Lines);
        Assert.Contains("WHIP: Created session", log, StringComparison.Ordinal);
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, log, StringComparison.Ordinal));
        Assert.DoesNotContain("a=", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_asks_for_the_token_and_plays_with_it()
    {
        await using BrowserSession browser = await chromium.OpenAsync(takesAnyCertificate: true);
        IPage page = await browser.OpenAsync(Relay.Address);
        await page.Locator("#token-card").WaitForAsync(Patience);
        await page.Locator("#token").FillAsync(relay.Guest);
        await page.Locator("#token-use").ClickAsync();
        // Nobody publishes: it is a slate that comes.
        await page.WaitForFunctionAsync("() => document.getElementById('processed').videoWidth > 0", null, new PageWaitForFunctionOptions { Timeout = Patience.Timeout });
        Assert.True(await page.Locator("#token-card").IsHiddenAsync());
    }

    private static ConcurrentBag<string> CollectIcePasswords(IPage page)
    {
        var found = new ConcurrentBag<string>();
        page.Response += async (_, response) =>
        {
            if (response.Status != 201)
                return;
            // The answer of a session that begins while the page ends cannot be read any more, and was not used.
            string answer = await response.TextAsync().ContinueWith(read => read.IsCompletedSuccessfully ? read.Result : "", TaskScheduler.Default);
            foreach (Match match in IcePassword().Matches((response.Request.PostData ?? "") + answer + response.Headers.GetValueOrDefault("link")))
                found.Add(match.Groups[1].Value);
        };
        return found;
    }

    private static string[] Texts(JsonElement told, string name) => [.. told.GetProperty(name).EnumerateArray().Select(text => text.GetString()!)];

    /// <summary>SRTP keys and salts as programs write bytes.</summary>
    private static IEnumerable<string> InAllSpellings(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);
        string dashed = BitConverter.ToString(bytes);
        // What follows the last whole group of three bytes depends on what comes behind.
        string base64 = Convert.ToBase64String(bytes.AsSpan(0, bytes.Length / 3 * 3));
        return [hex, hex.ToUpperInvariant(), dashed, dashed.ToLowerInvariant(), dashed.Replace('-', ':'), dashed.Replace('-', ' '), base64, base64.Replace('+', '-').Replace('/', '_'), string.Join(", ", bytes), string.Join(',', bytes)];
    }

    private async Task<string> ReadAsAdminAsync(string path)
    {
        using HttpRequestMessage request = Request(path, relay.Admin);
        using HttpResponseMessage response = await Relay.Http.SendAsync(request, Cancel);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {response.StatusCode}");
        return await response.Content.ReadAsStringAsync(Cancel) + response.Headers;
    }

    private HttpRequestMessage Request(string path, string token) =>
        new(HttpMethod.Get, new Uri(Relay.Address, path)) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };

    private static LocatorWaitForOptions Patience => new() { Timeout = (float)Eventually.Limit.TotalMilliseconds };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // Those of ICE, and those that TURN servers take for an hour.
    [GeneratedRegex("""(?:a=ice-pwd:|credential=")([^\s"]+)""")]
    private static partial Regex IcePassword();
}
