using Microsoft.AspNetCore.Http;

namespace ComfyStream.Server.Access;

/// <summary>What the gate found out of a request that it let pass; a feature of the request.</summary>
/// <param name="Caller">Who sent it.</param>
/// <param name="Channel">The channel that it names, or "".</param>
internal sealed record AccessGrant(Caller Caller, string Channel)
{
    /// <summary>Who sent a request: <see cref="Access.Caller.Nobody"/> when no gate let it pass.</summary>
    public static Caller CallerOf(HttpContext context) => context.Features.Get<AccessGrant>()?.Caller ?? Caller.Nobody;
}
