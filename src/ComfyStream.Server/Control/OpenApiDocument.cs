using System.Reflection;
using ComfyStream.Server.Access;
using ComfyStream.Server.Signaling;
using Microsoft.AspNetCore.Routing;

namespace ComfyStream.Server.Control;

/// <summary>Serves the description of every endpoint at <c>/openapi.json</c>: an embedded file, written by hand.</summary>
internal static class OpenApiDocument
{
    public const string Path = "/openapi.json";

    public static void Map(IEndpointRouteBuilder routes)
    {
        byte[] document = Read();
        new HttpResource(AccessRule.Open).Get(context => JsonAnswer.WriteAsync(context, document)).Map(routes, Path);
    }

    private static byte[] Read()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("Control/openapi.json")
            ?? throw new InvalidOperationException("The description of the endpoints is not embedded.");
        byte[] document = new byte[stream.Length];
        stream.ReadExactly(document);
        return document;
    }
}
