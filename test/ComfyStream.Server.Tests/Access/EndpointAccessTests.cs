using ComfyStream.Server.Access;
using ComfyStream.Server.Hosting;
using ComfyStream.Server.Options;
using Microsoft.AspNetCore.Routing;
using Xunit;

namespace ComfyStream.Server.Tests.Access;

public sealed class EndpointAccessTests
{
    /// <summary>What each endpoint asks for; a new endpoint is added here after somebody thought about it.</summary>
    private static readonly Dictionary<string, string> _rules = new()
    {
        ["/"] = "open",
        ["/studio.css"] = "open",
        ["/studio.js"] = "open",
        ["/health"] = "open",
        ["{*path}"] = "open",
        ["/whip"] = "publish",
        ["/whip/{id}"] = "the token that made it, or admin",
        ["/whep"] = "view, or raw for the input as it came",
        ["/whep/{id}"] = "the token that made it, or admin",
        ["/whip-stats"] = "admin",
        ["/whep-stats"] = "admin",
        ["/processing/status"] = "view on some channel",
        ["/control/drain"] = "admin",
        ["/workflows"] = "publish on some channel",
        ["/object_info"] = "publish control on some channel",
        ["/object_info/{class}"] = "publish control on some channel",
        ["/prompt"] = "control on the default channel",
        ["/openapi.json"] = "open",
        ["/streams/{channel}/pipelines/{pipeline}"] = "view",
        ["/streams/{channel}/pipelines/{pipeline}/workflow"] = "control",
        ["/streams/{channel}/pipelines/{pipeline}/parameters"] = "control",
    };

    [Fact]
    public async Task Every_endpoint_declares_the_right_that_it_asks_for()
    {
        using var folder = new TemporaryFolder();
        await using RelayServer server = await RelayServer.StartAsync(
            new ServeOptions { Port = 0, MediaPort = 0, Workspace = folder.Path }, null, TestContext.Current.CancellationToken);
        Assert.Equal(
            _rules.OrderBy(rule => rule.Key, StringComparer.Ordinal).Select(rule => $"{rule.Key}: {rule.Value}"),
            server.Endpoints.OrderBy(endpoint => endpoint.RoutePattern.RawText, StringComparer.Ordinal)
                .Select(endpoint => $"{endpoint.RoutePattern.RawText}: {endpoint.Metadata.GetMetadata<AccessRule>()?.Text ?? "declares nothing"}"));
    }
}
