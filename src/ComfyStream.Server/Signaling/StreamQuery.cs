using ComfyStream.Server.Options;
using Microsoft.AspNetCore.Http;

namespace ComfyStream.Server.Signaling;

/// <summary>What a request to publish or watch names. Read in one place, so that what is allowed is what is done.</summary>
internal static class StreamQuery
{
    private const string Default = ServeOptions.DefaultChannel;

    /// <summary>The channel to publish to.</summary>
    public static string ChannelId(HttpRequest request) => Value(request, "channelId");

    /// <summary>The stream to watch: <c>CHANNEL</c> or <c>CHANNEL/raw</c>.</summary>
    public static string StreamId(HttpRequest request) => Value(request, "streamId");

    private static string Value(HttpRequest request, string name) => request.Query.TryGetValue(name, out var given) ? given.ToString() : Default;
}
