using Microsoft.AspNetCore.Http;

namespace ComfyStream.Server.Access;

/// <summary>What an endpoint asks of who calls it. Every endpoint carries one as metadata; one without is never served.</summary>
internal sealed class AccessRule
{
    private readonly Func<Caller, HttpContext, AccessDecision>? _decide;

    private AccessRule(string text, Func<Caller, HttpContext, AccessDecision>? decide)
    {
        Text = text;
        _decide = decide;
    }

    /// <summary>Anyone may: what it tells is no secret.</summary>
    public static AccessRule Open { get; } = new("open", null);

    /// <summary>In words, for tests and documentation.</summary>
    public string Text { get; }

    /// <summary>Whether no token is read at all.</summary>
    public bool IsOpen => _decide is null;

    /// <summary>Whether a request without any token passes: the address of a session is then the key to it.</summary>
    public bool AllowsMissingToken { get; private init; }

    /// <summary>A right on the channel that the request names.</summary>
    /// <param name="text">Names the right.</param>
    /// <param name="target">Reads right and channel.</param>
    public static AccessRule OnChannel(string text, Func<HttpRequest, AccessTarget> target) => new(text, (caller, context) =>
    {
        AccessTarget wanted = target(context.Request);
        return new AccessDecision(caller.May(wanted.Right, wanted.Channel), wanted, "");
    });

    /// <summary>A right on every channel.</summary>
    public static AccessRule Everywhere(AccessRights right) => new(Name(right), (caller, _) =>
        new AccessDecision(caller.MayEverywhere(right), new AccessTarget(right, "*"), ""));

    /// <summary>A right on any one channel.</summary>
    public static AccessRule Somewhere(AccessRights right) => new($"{Name(right)} on some channel", (caller, _) =>
        new AccessDecision(caller.Has(right), new AccessTarget(right, ""), ""));

    /// <summary>The token that made the session of the route's <c>id</c>, or <c>admin</c> on its channel.</summary>
    public static AccessRule OfSession(SessionOwners owners, bool isUrlCapability) => new("the token that made it, or admin", (caller, context) =>
    {
        // Nobody owns what is not there: the endpoint answers 404.
        if (owners.Find((string?)context.Request.RouteValues["id"] ?? "") is not { } owner)
            return new AccessDecision(true, default, "");
        bool isAllowed = owner.CallerId == caller.Id || caller.May(AccessRights.Admin, owner.Channel);
        return new AccessDecision(isAllowed, new AccessTarget(AccessRights.Admin, owner.Channel), "The session was made with another token.");
    })
    { AllowsMissingToken = isUrlCapability };

    public AccessDecision Decide(Caller caller, HttpContext context) => _decide!(caller, context);

    private static string Name(AccessRights right) => string.Join(' ', AccessRightNames.NamesOf(right));
}

/// <summary>What a request asks for.</summary>
/// <param name="Right">The right that it needs.</param>
/// <param name="Channel">The channel on which; <c>*</c>: every one; "": any one.</param>
internal readonly record struct AccessTarget(AccessRights Right, string Channel);

/// <summary>Whether a request may pass.</summary>
/// <param name="IsAllowed">Whether it may.</param>
/// <param name="Target">What it asked for.</param>
/// <param name="Reason">Why it may not, when the right that is missing does not say it.</param>
internal readonly record struct AccessDecision(bool IsAllowed, AccessTarget Target, string Reason);
