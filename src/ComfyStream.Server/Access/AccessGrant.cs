using Microsoft.AspNetCore.Http;

namespace ComfyStream.Server.Access;

/// <summary>What the gate found out of a request that it let pass; a feature of the request.</summary>
/// <param name="Caller">Who sent it.</param>
/// <param name="Target">What it asks for.</param>
internal sealed record AccessGrant(Caller Caller, AccessTarget Target)
{
    /// <summary>Who sent a request: <see cref="Access.Caller.Nobody"/> when no gate let it pass.</summary>
    public static Caller CallerOf(HttpContext context) => context.Features.Get<AccessGrant>()?.Caller ?? Caller.Nobody;
}
