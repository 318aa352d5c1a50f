using ComfyStream.Server.Hosting;
using ComfyStream.Server.Options;
using Xunit;

namespace ComfyStream.Server.Tests.Hosting;

public sealed class RouteTests
{
    [Fact]
    public async Task Every_path_that_is_served_is_in_this_list()
    {
        using var folder = new TemporaryFolder();
        await using RelayServer server = await RelayServer.StartAsync(
            new ServeOptions { Port = 0, MediaPort = 0, Workspace = folder.Path }, null, TestContext.Current.CancellationToken);
        Assert.Equal(
            [
                "/", "/control/drain", "/health", "/object_info", "/object_info/{class}", "/openapi.json", "/processing/status", "/prompt",
                "/streams/{channel}/pipelines/{pipeline}", "/streams/{channel}/pipelines/{pipeline}/parameters", "/streams/{channel}/pipelines/{pipeline}/workflow",
                "/studio.css", "/studio.js", "/whep", "/whep-stats", "/whep/{id}", "/whip", "/whip-stats", "/whip/{id}", "/workflows", "{*path}",
            ],
            server.Endpoints.Select(endpoint => endpoint.RoutePattern.RawText!).Order(StringComparer.Ordinal));
    }
}
