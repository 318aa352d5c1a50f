using ComfyStream.Server.Access;
using ComfyStream.Streaming;
using ComfyStream.Streaming.Addresses;

namespace ComfyStream.Server.Stats;

/// <summary>Answer of <c>/processing/status</c>: whether processed pictures can be watched, and if not, why.</summary>
internal sealed record ProcessingStatus(
    bool ProcessingReady,
    int WhipSessions,
    int WhepSessions,
    int ActivePipelines,
    bool FramesAvailable,
    string Message,
    ProcessingDetails Details,
    IReadOnlyList<StreamSnapshot> Streams,
    IReadOnlyList<CandidateReport> Candidates)
{
    /// <summary>The state of what a caller may watch; the sessions themselves, whose ids are keys, only for admin.</summary>
    public static ProcessingStatus Of(Relay relay, Caller caller)
    {
        var details = new ProcessingDetails(Visible(relay, SessionKind.Publisher, caller), Visible(relay, SessionKind.Subscriber, caller));
        StreamSnapshot[] streams = [.. relay.Streams().Where(stream => caller.May(AccessRights.View, stream.Channel))];
        int active = streams.Count(stream => stream.PublisherConnected);
        bool hasFrames = streams.Any(stream => stream.PublisherConnected
            && HasFrames(stream.ProcessedFrames, details.WhipSessions.Values.Where(session => session.Stream == stream.Channel).Sum(session => session.FramesReceived), stream.Error));
        return new ProcessingStatus(
            active > 0 && hasFrames,
            details.WhipSessions.Count,
            details.WhepSessions.Count,
            active,
            hasFrames,
            MessageFor(details.WhipSessions.Count, active, hasFrames),
            caller.MayEverywhere(AccessRights.Admin) ? details : new ProcessingDetails([], []),
            streams,
            caller.MayEverywhere(AccessRights.Admin) ? relay.CandidateReports : []);
    }

    private static Dictionary<string, SessionStatistics> Visible(Relay relay, SessionKind kind, Caller caller) => new(
        SessionStatistics.Of(relay, kind).Where(session => caller.May(AccessRights.View, session.Value.Stream.Split('/', 2)[0])));

    /// <summary>
    /// Whether a viewer would get pictures. The model rests while nobody watches, so frames that arrived count as well as frames
    /// that were processed: whoever waits for readiness before watching would wait for ever otherwise.
    /// </summary>
    public static bool HasFrames(long processed, long received, string error) => processed > 0 || (received > 0 && error.Length == 0);

    public static string MessageFor(int publishers, int active, bool hasFrames) => (publishers, active, hasFrames) switch
    {
        (_, > 0, true) => $"Processing ready - {active} active pipeline(s) with frames available",
        (_, > 0, false) => $"Processing warming up - {active} pipeline(s) starting",
        ( > 0, _, _) => "WHIP sessions active but no connected pipelines yet",
        _ => "No active WHIP sessions - start publishing first",
    };
}

/// <summary>The sessions behind the numbers.</summary>
internal sealed record ProcessingDetails(Dictionary<string, SessionStatistics> WhipSessions, Dictionary<string, SessionStatistics> WhepSessions);
