using ComfyStream.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ComfyStream.Server.Signaling;

/// <summary>
/// One resource with its methods. HEAD follows GET, OPTIONS is answered, every other method is 405 with <c>Allow</c>.
/// </summary>
/// <param name="access">What it asks of who calls it.</param>
internal sealed class HttpResource(AccessRule access)
{
    private readonly Dictionary<string, RequestDelegate> _methods = [];
    private readonly Dictionary<string, RequestDelegate> _refusals = [];

    /// <summary>Whether pages of other origins may use it.</summary>
    public bool IsCrossOrigin { get; init; }

    /// <summary>Whether a POST makes a session.</summary>
    public bool MakesSessions { get; init; }

    /// <summary>Whether it changes the server, so that pages of other origins are kept from it.</summary>
    public bool IsControl { get; init; }

    /// <summary>Adds to the answer of an OPTIONS that is not a preflight.</summary>
    public Action<HttpContext>? Describe { get; init; }

    /// <summary>The methods that are served, but OPTIONS.</summary>
    public IEnumerable<string> Methods => _methods.Keys;

    private string Allow => string.Join(", ", _methods.Keys.Append(HttpMethods.Options));

    public HttpResource Get(RequestDelegate handler)
    {
        _methods.Add(HttpMethods.Get, handler);
        _methods.Add(HttpMethods.Head, handler);
        return this;
    }

    public HttpResource On(string method, RequestDelegate handler)
    {
        _methods.Add(method, handler);
        return this;
    }

    /// <summary>A method that is refused in a way of its own.</summary>
    public HttpResource Refuse(string method, RequestDelegate handler)
    {
        _refusals.Add(method, handler);
        return this;
    }

    public void Map(IEndpointRouteBuilder routes, string pattern) => routes.Map(pattern, HandleAsync).WithMetadata(access, this);

    public Task NotAllowedAsync(HttpContext context, string reason)
    {
        context.Response.Headers.Allow = Allow;
        return Problem.WriteAsync(context, StatusCodes.Status405MethodNotAllowed, $"{reason}. Allowed here: {Allow}.");
    }

    private Task HandleAsync(HttpContext context)
    {
        string method = context.Request.Method;
        if (HttpMethods.IsOptions(method))
            return AnswerOptions(context);
        if (_methods.TryGetValue(method, out RequestDelegate? handler) || _refusals.TryGetValue(method, out handler))
            return handler(context);
        return NotAllowedAsync(context, "Method not allowed");
    }

    private Task AnswerOptions(HttpContext context)
    {
        context.Response.ContentLength = 0;
        if (IsCrossOrigin && CrossOrigin.IsPreflight(context.Request))
        {
            CrossOrigin.AnswerPreflight(context.Response);
            return Task.CompletedTask;
        }

        context.Response.Headers.Allow = Allow;
        if (IsCrossOrigin)
        {
            CrossOrigin.AllowAnyOrigin(context.Response);
            // Clients read from this list whether they may trickle, so it names what is really served.
            context.Response.Headers.AccessControlAllowMethods = Allow;
        }
        Describe?.Invoke(context);
        return Task.CompletedTask;
    }
}
