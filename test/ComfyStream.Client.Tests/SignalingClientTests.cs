using System.Net;

namespace ComfyStream.Client.Tests;

public sealed class SignalingClientTests : IDisposable
{
    private readonly HttpTestServer _server = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task The_offer_is_posted_as_sdp_with_the_token_and_the_answer_comes_back()
    {
        Answer(location: "http://192.0.2.1:8889/whip/abc");
        SignalingClient client = Connect("whip?channelId=cam", token: "secret");

        string answer = await client.PostOfferAsync("v=0 offer", Cancellation);

        Assert.Equal("v=0 answer", answer);
        Assert.Equal(new Uri("http://192.0.2.1:8889/whip/abc"), client.SessionUrl);
        HttpTestServer.Request request = Assert.Single(_server.Requests);
        Assert.Equal(new HttpTestServer.Request("POST", "/whip?channelId=cam", "application/sdp", "Bearer secret", "v=0 offer"), request);
    }

    [Theory]
    [InlineData("/sessions/7", "sessions/7")]
    [InlineData("7", "live/7")]
    [InlineData("../7?x=1", "7?x=1")]
    public async Task A_relative_location_is_resolved_against_the_endpoint(string location, string expected)
    {
        Answer(location);
        SignalingClient client = Connect("live/whip");

        await client.PostOfferAsync("offer", Cancellation);

        Assert.Equal(new Uri(_server.BaseUrl, expected), client.SessionUrl);
    }

    [Fact]
    public async Task A_redirect_is_followed_with_the_offer_and_the_location_is_relative_to_where_it_led()
    {
        _server.Respond = (request, response) =>
        {
            bool isMoved = request.Path == "/whip";
            response.StatusCode = isMoved ? 307 : 201;
            response.Headers["Location"] = isMoved ? "/other/whip" : "session";
            return isMoved ? null : "answer";
        };
        SignalingClient client = Connect("whip");

        Assert.Equal("answer", await client.PostOfferAsync("offer", Cancellation));
        Assert.Equal(new Uri(_server.BaseUrl, "other/session"), client.SessionUrl);
        Assert.Equal(["offer", "offer"], _server.Requests.Select(r => r.Body));
    }

    [Fact]
    public async Task A_refusal_says_the_status_and_the_servers_reason()
    {
        _server.Respond = (_, response) =>
        {
            response.StatusCode = 422;
            response.ContentType = "application/problem+json";
            return """{"title":"Unprocessable","detail":"No H.264 was offered:\n offer it."}""";
        };

        var exception = await Assert.ThrowsAsync<ConnectionException>(() => Connect("whip").PostOfferAsync("offer", Cancellation));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, exception.StatusCode);
        Assert.Contains("422", exception.Message);
        Assert.Contains("No H.264 was offered:  offer it.", exception.Message);
    }

    [Theory]
    [InlineData("application/problem+json", "not json")]
    [InlineData("application/problem+json", "[]")]
    [InlineData("application/problem+json", "{\"detail\":5}")]
    [InlineData("text/plain", "")]
    public async Task A_refusal_in_any_other_form_is_told_too(string contentType, string body)
    {
        _server.Respond = (_, response) =>
        {
            response.StatusCode = 503;
            response.ContentType = contentType;
            return body;
        };

        var exception = await Assert.ThrowsAsync<ConnectionException>(() => Connect("whip").PostOfferAsync("offer", Cancellation));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, exception.StatusCode);
    }

    [Fact]
    public async Task An_answer_without_location_is_not_a_session()
    {
        Answer(location: null);

        var exception = await Assert.ThrowsAsync<ConnectionException>(() => Connect("whip").PostOfferAsync("offer", Cancellation));

        Assert.Contains("Location", exception.Message);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_named()
    {
        _server.Dispose();

        var exception = await Assert.ThrowsAsync<ConnectionException>(() => Connect("whip").PostOfferAsync("offer", Cancellation));

        Assert.Contains(_server.BaseUrl.ToString(), exception.Message);
    }

    [Fact]
    public async Task The_end_deletes_the_session_once_with_the_token()
    {
        Answer("/sessions/7");
        SignalingClient client = Connect("whip", token: "secret");
        await client.PostOfferAsync("offer", Cancellation);

        await client.DeleteAsync();
        await client.DeleteAsync();

        HttpTestServer.Request delete = Assert.Single(_server.Requests, r => r.Method == "DELETE");
        Assert.Equal(("/sessions/7", "Bearer secret"), (delete.Path, delete.Authorization));
        Assert.Null(client.SessionUrl);
    }

    [Fact]
    public async Task The_end_of_a_session_whose_server_is_gone_is_quiet()
    {
        Answer("/sessions/7");
        SignalingClient client = Connect("whip");
        await client.PostOfferAsync("offer", Cancellation);
        _server.Dispose();

        await client.DeleteAsync();

        Assert.Null(client.SessionUrl);
    }

    private SignalingClient Connect(string path, string? token = null) =>
        new(new ClientOptions { Endpoint = new Uri(_server.BaseUrl, path), BearerToken = token });

    private void Answer(string? location) => _server.Respond = (_, response) =>
    {
        response.StatusCode = 201;
        response.ContentType = "application/sdp";
        if (location is not null)
            response.Headers["Location"] = location;
        return "v=0 answer";
    };
}
