namespace ComfyStream.Server.Access;

/// <summary>Who sent a request, by their token. Immutable.</summary>
/// <param name="Id">The same for every request with that token (or, of a JSON Web Token, its subject), unlike that of any other; never the token.</param>
/// <param name="Rights">What they may do.</param>
/// <param name="Channels">Where.</param>
internal sealed record Caller(string Id, AccessRights Rights, ChannelPatterns Channels)
{
    /// <summary>Whoever comes while nothing asks for a token.</summary>
    public static Caller Anyone { get; } = new("", AccessRights.Admin, ChannelPatterns.All);

    /// <summary>Who sent no token where one is asked for.</summary>
    public static Caller Nobody { get; } = new("", AccessRights.None, new ChannelPatterns([]));

    /// <summary>Whether they may do something on a channel.</summary>
    public bool May(AccessRights right, string channel) => Has(right) && Channels.Contains(channel);

    /// <summary>Whether they may do something that concerns every channel.</summary>
    public bool MayEverywhere(AccessRights right) => Has(right) && Channels.IncludeAll;

    /// <summary>Whether they may do something on some channel.</summary>
    public bool Has(AccessRights right) => (Rights & (right | AccessRights.Admin)) != 0;
}
