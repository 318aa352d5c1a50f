using ComfyStream.Server.Signaling;
using Microsoft.AspNetCore.Http;

namespace ComfyStream.Server.Access;

/// <summary>What publishing, watching and the sessions that they make ask of the caller.</summary>
/// <param name="Owners">Who made which session.</param>
/// <param name="OfSession">The rule of sessions.</param>
internal sealed record SessionAccess(SessionOwners Owners, AccessRule OfSession)
{
    /// <summary>The rule of <c>/whip</c>.</summary>
    public AccessRule Publishing { get; } = AccessRule.OnChannel("publish", request => new AccessTarget(AccessRights.Publish, StreamQuery.ChannelId(request)));

    /// <summary>The rule of <c>/whep</c>.</summary>
    public AccessRule Watching { get; } = AccessRule.OnChannel("view, or raw for the input as it came", WatchedBy);

    private static AccessTarget WatchedBy(HttpRequest request)
    {
        string[] parts = StreamQuery.StreamId(request).Split('/', 2);
        return new AccessTarget(parts is [_, "raw"] ? AccessRights.Raw : AccessRights.View, parts[0]);
    }
}
