using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace ComfyStream.Server.Access;

/// <summary>Asks a service whose a token is: <c>POST { "token", "address" }</c>, answered 200 with rights and channels, or 401, 403 or 404.</summary>
internal sealed class WebhookTokens(WebhookOptions options, HttpClient http) : ITokenSource
{
    private static readonly TimeSpan _mostCacheTime = TimeSpan.FromHours(1);

    public async ValueTask<TokenVerdict> JudgeAsync(string token, IPAddress? address, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(options.Timeout);
        try
        {
            using HttpResponseMessage response = await http.PostAsJsonAsync(options.Url, new WebhookQuestion(token, address?.ToString()), AccessJson.Default.WebhookQuestion, patience.Token);
            return response.StatusCode switch
            {
                HttpStatusCode.OK => Read(await response.Content.ReadFromJsonAsync(AccessJson.Default.WebhookAnswer, patience.Token), token),
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound => TokenVerdict.Unknown,
                _ => Trouble($"it answered {(int)response.StatusCode}"),
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Trouble("it does not answer");
        }
        catch (HttpRequestException e)
        {
            return Trouble(e.Message);
        }
        // Its message may quote the answer.
        catch (JsonException)
        {
            return Trouble("its answer is not the JSON that is asked for");
        }
    }

    private TokenVerdict Read(WebhookAnswer? answer, string token)
    {
        AccessRights rights = AccessRightNames.Among(answer?.Rights ?? []);
        string[] patterns = answer?.Channels ?? [];
        if (rights == AccessRights.None || patterns.Length == 0 || !patterns.All(ChannelPatterns.IsValid))
            return Trouble("its answer names no rights or no channels");
        string id = answer!.Name is { Length: > 0 } name ? name : Convert.ToHexString(TokenDigest.Of(token));
        TimeSpan validFor = answer.Seconds is >= 0 and { } seconds ? TimeSpan.FromSeconds(Math.Min(seconds, _mostCacheTime.TotalSeconds)) : options.CacheTime;
        return new TokenVerdict(new Caller($"webhook:{id}", rights, new ChannelPatterns(patterns)), validFor, "");
    }

    private TokenVerdict Trouble(string why) => new(null, TimeSpan.Zero, $"the webhook {options.Url.GetLeftPart(UriPartial.Path)} failed: {why}");
}
