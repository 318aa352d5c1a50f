using System.Net;
using ComfyStream.Media;

namespace ComfyStream.Streaming.Tests.Running;

/// <summary>Does without HTTP: calls the relay as the endpoints would.</summary>
internal sealed class RelaySignaling(Relay relay) : HttpMessageHandler
{
    /// <summary>The workflow that a publisher asks for; null for the channel's own.</summary>
    public IWorkflow? Workflow { get; init; }

    /// <summary>What the client's datagrams go through; null for nothing.</summary>
    public Route? Route { get; init; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        string path = request.RequestUri!.AbsolutePath;
        SessionKind kind = path.StartsWith("/whip", StringComparison.Ordinal) ? SessionKind.Publisher : SessionKind.Subscriber;
        if (request.Method == HttpMethod.Delete)
        {
            bool isEnded = Route is { IsCut: true } or { HidesDelete: true } || await relay.TerminateAsync(kind, path[6..]);
            return new HttpResponseMessage(isEnded ? HttpStatusCode.OK : HttpStatusCode.NotFound);
        }

        string name = Uri.UnescapeDataString(request.RequestUri.Query.Split('=')[1]);
        string offer = await request.Content!.ReadAsStringAsync(cancellationToken);
        SessionResult result = kind == SessionKind.Publisher
            ? await relay.PublishAsync(new PublishRequest(name, offer, Workflow, TestWorkflow.Passthrough), cancellationToken)
            : await relay.SubscribeAsync(new SubscribeRequest(name, offer, TestWorkflow.Passthrough), cancellationToken);
        if (result.Outcome != SessionOutcome.Created)
            return new HttpResponseMessage(HttpStatusCode.UnprocessableEntity) { Content = new StringContent(result.Detail) };

        string answer = result.AnswerSdp;
        if (Route is not null)
            answer = answer.Replace($" {relay.MediaEndPoints[0].Port} typ host", $" {Route.Open(relay.MediaEndPoints[0])} typ host", StringComparison.Ordinal);
        var response = new HttpResponseMessage(HttpStatusCode.Created) { Content = new StringContent(answer), RequestMessage = request };
        response.Headers.Location = new Uri($"{path}/{result.Id}", UriKind.Relative);
        return response;
    }
}
