using System.Net;
using System.Net.Http.Headers;
using ComfyStream.Media;
using ComfyStream.Streaming;

namespace ComfyStream.Benchmarks.Relaying;

/// <summary>
/// Stands in for the HTTP server, so that clients and relay can share a process in which nothing else allocates. Publishes and
/// watches one channel.
/// </summary>
internal sealed class InProcessSignaling(Relay relay, IWorkflow workflow) : HttpMessageHandler
{
    private const string Channel = "bench";

    public static Uri Whip { get; } = new("http://relay/whip");

    public static Uri Whep { get; } = new("http://relay/whep");

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        string[] path = request.RequestUri!.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        SessionKind kind = path[0] == "whip" ? SessionKind.Publisher : SessionKind.Subscriber;
        if (request.Method == HttpMethod.Delete)
        {
            await relay.TerminateAsync(kind, path[1]);
            return new HttpResponseMessage(HttpStatusCode.OK);
        }

        string offer = await request.Content!.ReadAsStringAsync(cancellationToken);
        SessionResult result = kind == SessionKind.Publisher
            ? await relay.PublishAsync(new PublishRequest(Channel, offer, workflow, workflow), cancellationToken)
            : await relay.SubscribeAsync(new SubscribeRequest(Channel, offer, workflow), cancellationToken);
        if (result.Outcome != SessionOutcome.Created)
            return new HttpResponseMessage(HttpStatusCode.BadRequest) { Content = new StringContent(result.Detail) };
        return new HttpResponseMessage(HttpStatusCode.Created)
        {
            RequestMessage = request,
            Headers = { Location = new Uri($"/{path[0]}/{result.Id}", UriKind.Relative) },
            Content = new StringContent(result.AnswerSdp, new MediaTypeHeaderValue("application/sdp")),
        };
    }
}
