using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace ComfyStream.Client;

/// <summary>The HTTP half of a session: one offer, its answer, and the end (RFC 9725 4.2).</summary>
internal sealed class SignalingClient(ClientOptions options)
{
    private const string SdpMediaType = "application/sdp";
    private const int MaxAnswerBytes = 256 << 10;
    private const int MaxDetailCharacters = 500;
    private static readonly TimeSpan DeleteTimeout = TimeSpan.FromSeconds(2);
    private static readonly HttpClient SharedClient = new(new SocketsHttpHandler
    {
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        MaxResponseContentBufferSize = MaxAnswerBytes,
        Timeout = TimeSpan.FromSeconds(30),
    };

    private readonly HttpClient _client = options.HttpClient ?? SharedClient;

    /// <summary>The session's resource, from the offer's acceptance to its DELETE.</summary>
    public Uri? SessionUrl { get; private set; }

    /// <summary>Posts the offer and returns the answer.</summary>
    /// <exception cref="ConnectionException">The server cannot be reached or refused.</exception>
    public async Task<string> PostOfferAsync(string offer, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, options.Endpoint)
        {
            Content = new StringContent(offer, new MediaTypeHeaderValue(SdpMediaType)),
        };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(SdpMediaType));
        Authorize(request);
        try
        {
            using HttpResponseMessage response = await _client.SendAsync(request, cancellationToken).ConfigureAwait(false);
            string body = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.Created)
                throw new ConnectionException($"{options.Endpoint} answered {(int)response.StatusCode} instead of 201: {DetailOf(response, body)}", response.StatusCode);

            SessionUrl = ResolveLocation(response);
            return body;
        }
        catch (HttpRequestException exception)
        {
            throw new ConnectionException($"{options.Endpoint} cannot be reached: {exception.Message}", innerException: exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ConnectionException($"{options.Endpoint} did not answer in time.", innerException: exception);
        }
    }

    /// <summary>Ends the session. Whatever the server answers, it is over for us: a server that is gone needs no DELETE.</summary>
    public async Task DeleteAsync()
    {
        if (SessionUrl is not { } url)
            return;

        SessionUrl = null;
        using var request = new HttpRequestMessage(HttpMethod.Delete, url);
        Authorize(request);
        using var timeout = new CancellationTokenSource(DeleteTimeout);
        try
        {
            using HttpResponseMessage response = await _client.SendAsync(request, timeout.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
        }
    }

    private void Authorize(HttpRequestMessage request)
    {
        if (options.BearerToken is { } token)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    // Relative to where a redirect led.
    private Uri ResolveLocation(HttpResponseMessage response)
    {
        Uri requested = response.RequestMessage?.RequestUri ?? options.Endpoint;
        return response.Headers.Location is { } location
            ? new Uri(requested, location)
            : throw new ConnectionException($"{options.Endpoint} answered 201 without a Location: it is not a WHIP or WHEP endpoint (RFC 9725 4.2).", response.StatusCode);
    }

    // RFC 9457, if it is that.
    private static string DetailOf(HttpResponseMessage response, string body)
    {
        string detail = body;
        try
        {
            if (response.Content.Headers.ContentType?.MediaType is "application/problem+json" or "application/json")
            {
                using JsonDocument problem = JsonDocument.Parse(body);
                if (problem.RootElement.TryGetProperty("detail", out JsonElement text) && text.ValueKind == JsonValueKind.String)
                    detail = text.GetString()!;
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
        }

        detail = detail.ReplaceLineEndings(" ").Trim();
        if (detail.Length == 0)
            return response.ReasonPhrase ?? "no reason given.";
        return detail.Length > MaxDetailCharacters ? detail[..MaxDetailCharacters] : detail;
    }
}
