using System.Net;
using System.Text.Json;
using ComfyStream.Server.Access;
using ComfyStream.Server.Limits;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ComfyStream.Server.Tests.Access;

public sealed class WebhookTests
{
    private const string Alice = """{ "name": "alice", "rights": ["view"], "channels": ["cam*"] }""";

    private readonly SteppedClock _clock = new();

    [Fact]
    public async Task The_service_is_told_token_and_address_and_says_what_they_may_do()
    {
        JsonElement asked = default;
        await using LoopbackService service = await LoopbackService.StartAsync(async context =>
        {
            asked = await context.Request.ReadFromJsonAsync<JsonElement>();
            await context.Response.WriteAsync(Alice);
        }, isJson: true);
        using TokenSources sources = Sources(service.Url);
        TokenVerdict verdict = await sources.All[0].JudgeAsync("abc", IPAddress.Parse("192.0.2.1"), Cancel);
        Assert.True(verdict.Caller!.May(AccessRights.View, "cam1"));
        Assert.False(verdict.Caller.May(AccessRights.Publish, "cam1"));
        Assert.Equal("abc", asked.GetProperty("token").GetString());
        Assert.Equal("192.0.2.1", asked.GetProperty("address").GetString());
    }

    [Theory]
    [InlineData(401, "", AuthenticationOutcome.Wrong)]
    [InlineData(403, "", AuthenticationOutcome.Wrong)]
    [InlineData(200, Alice, AuthenticationOutcome.Accepted)]
    [InlineData(200, "{}", AuthenticationOutcome.Unavailable)]
    [InlineData(200, """{ "rights": ["fly"], "channels": ["*"] }""", AuthenticationOutcome.Unavailable)]
    [InlineData(200, "<html>", AuthenticationOutcome.Unavailable)]
    [InlineData(302, "", AuthenticationOutcome.Unavailable)]
    [InlineData(500, "", AuthenticationOutcome.Unavailable)]
    public async Task Only_a_clear_yes_lets_in_and_only_a_clear_no_is_held_against_the_client(int status, string body, object outcome)
    {
        await using LoopbackService service = await LoopbackService.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync(body);
        }, isJson: true);
        Assert.Equal((AuthenticationOutcome)outcome, (await AskAsync(service.Url, 1)).Outcome);
    }

    [Fact]
    public async Task A_service_that_does_not_answer_lets_nobody_in()
    {
        await using LoopbackService service = await LoopbackService.StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        Assert.Equal(AuthenticationOutcome.Unavailable, (await AskAsync(service.Url, 1, timeoutSeconds: 0.1)).Outcome);
    }

    [Fact]
    public async Task An_answer_is_believed_for_the_time_that_is_set_and_no_longer()
    {
        int asked = 0;
        await using LoopbackService service = await LoopbackService.StartAsync(context =>
        {
            asked++;
            return context.Response.WriteAsync(Alice);
        }, isJson: true);
        await AskAsync(service.Url, 10);
        Assert.Equal(1, asked);
        await AskAsync(service.Url, 2, between: TimeSpan.FromSeconds(31));
        Assert.Equal(3, asked);
    }

    [Fact]
    public async Task Whoever_guesses_does_not_get_at_the_service_for_ever()
    {
        int asked = 0;
        await using LoopbackService service = await LoopbackService.StartAsync(context =>
        {
            asked++;
            context.Response.StatusCode = 401;
            return Task.CompletedTask;
        });
        Assert.Equal(AuthenticationOutcome.TooMany, (await AskAsync(service.Url, 50, tokenOf: i => $"guess-{i}")).Outcome);
        Assert.Equal(20, asked);
    }

    private TokenSources Sources(Uri url, double timeoutSeconds = 5) => new(Options(url, timeoutSeconds), _clock);

    private static AuthOptions Options(Uri url, double timeoutSeconds) => new() { Webhook = new WebhookOptions(url, TimeSpan.FromSeconds(timeoutSeconds), TimeSpan.FromSeconds(30)) };

    private async Task<Authentication> AskAsync(Uri url, int times, TimeSpan between = default, Func<int, string>? tokenOf = null, double timeoutSeconds = 5)
    {
        using TokenSources sources = Sources(url, timeoutSeconds);
        var authenticator = new Authenticator(Options(url, timeoutSeconds), [], sources.All, new RateOptions(1, 20), _clock, NullLogger<Authenticator>.Instance);
        Authentication last = new(AuthenticationOutcome.Missing, Caller.Nobody);
        for (int i = 0; i < times; i++)
        {
            var context = new DefaultHttpContext();
            context.Request.Headers.Authorization = $"Bearer {tokenOf?.Invoke(i) ?? "token"}";
            last = await authenticator.AuthenticateAsync(context);
            _clock.Advance(between);
        }
        return last;
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;
}
