using ComfyStream.EndToEnd.Turn;
using ComfyStream.Server.Options;
using Microsoft.Playwright;

namespace ComfyStream.EndToEnd;

/// <summary>The relay's page in a network that lets only HTTP to the relay and TURN out, with Debian's coturn.</summary>
public sealed class TurnTests
{
    private const string Secret = "a-shared-secret-51be", OtherSecret = "another-secret-0c97";

    [Theory]
    [InlineData("tcp")]
    [InlineData("udp")]
    public async Task W65_Where_nothing_else_is_let_out_Chromium_plays_over_TURN_with_credentials_of_its_own(string transport)
    {
        await using TurnedPage turned = await TurnedPage.OpenAsync(transport, Secret, Secret);
        await Eventually.PassesAsync(turned.UsedAsync, used => used.FramesDecoded > 60, "pictures come");
        await turned.Page.Locator("#state[data-state=live]").WaitForAsync(Patience);
        UsedCandidate used = await turned.UsedAsync();
        await turned.ShowAsync($"turn-{transport}");

        Assert.Equal(("relay", transport), (used.Type, used.Protocol));
        string log = string.Join('\n', turned.Relay.Lines);
        Assert.Contains("WHEP: Created subscription session", log, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_that_the_TURN_server_does_not_share_is_said_on_the_page_with_the_server_and_the_code()
    {
        await using TurnedPage turned = await TurnedPage.OpenAsync("tcp", Secret, OtherSecret);
        ILocator notice = turned.Page.GetByText($"The TURN server turn:{turned.Turn.Address}?transport=tcp refused: 401");
        await notice.First.WaitForAsync(new LocatorWaitForOptions { Timeout = (float)(2 * Eventually.Limit).TotalMilliseconds });
        await turned.ShowAsync("turn-refused");
    }

    [Fact]
    public async Task Credentials_that_have_expired_are_refused_by_coturn()
    {
        await using TurnedPage turned = await TurnedPage.OpenAsync("udp", Secret, Secret);
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        Assert.Equal("relay", await TryAsync(turned, $"{now + 60}:late"));
        Assert.Equal("401", await TryAsync(turned, $"{now - 60}:late"));
    }

    /// <summary>What a gathering with credentials ends with: a kind of candidate, or an error.</summary>
    private static Task<string> TryAsync(TurnedPage turned, string user) => turned.Page.EvaluateAsync<string>(
        """
        server => new Promise(resolve => {
          const peer = new RTCPeerConnection({ iceServers: [server], iceTransportPolicy: "relay" });
          peer.onicecandidate = event => event.candidate?.candidate && resolve(event.candidate.type);
          peer.onicecandidateerror = event => resolve(String(event.errorCode));
          peer.createDataChannel("x");
          peer.setLocalDescription();
        })
        """,
        new { urls = $"turn:{turned.Turn.Address}?transport=udp", username = user, credential = SharedSecret.Of(Secret, "x").Sign(user) });

    private static LocatorWaitForOptions Patience => new() { Timeout = (float)Eventually.Limit.TotalMilliseconds };
}
