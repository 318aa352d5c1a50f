using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Server.Tests.Access;

/// <summary>Somebody else's HTTP service, on a free port of this machine.</summary>
internal sealed class LoopbackService : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LoopbackService(WebApplication app) => _app = app;

    public Uri Url => new(_app.Urls.First());

    public static async Task<LoopbackService> StartAsync(RequestDelegate answer, bool isJson = false)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        WebApplication app = builder.Build();
        app.Run(context =>
        {
            if (isJson)
                context.Response.ContentType = "application/json";
            return answer(context);
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new LoopbackService(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
