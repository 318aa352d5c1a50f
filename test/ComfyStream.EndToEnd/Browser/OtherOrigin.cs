using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;

namespace ComfyStream.EndToEnd.Browser;

/// <summary>Serves the tests' pages from a port of its own: for the relay they are pages of another origin.</summary>
internal sealed class OtherOrigin : IAsyncDisposable
{
    private readonly WebApplication _http;

    private OtherOrigin(WebApplication http) => _http = http;

    public Uri Laboratory => new(new Uri(_http.Urls.First()), "/lab.html");

    /// <param name="host">Address that it listens at.</param>
    public static async Task<OtherOrigin> StartAsync(string host = "127.0.0.1")
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls($"http://{host}:0");
        builder.Logging.ClearProviders();
        WebApplication http = builder.Build();
        http.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = new PhysicalFileProvider(Path.Combine(AppContext.BaseDirectory, "Pages")),
            ContentTypeProvider = new FileExtensionContentTypeProvider(),
        });
        await http.StartAsync();
        return new OtherOrigin(http);
    }

    public ValueTask DisposeAsync() => _http.DisposeAsync();
}
