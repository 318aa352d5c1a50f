namespace ComfyStream.Server.Access;

/// <summary>Who is let in: the section <c>auth</c> of the config file. With no source at all, everyone is.</summary>
public sealed record AuthOptions
{
    /// <summary>Whether the server refuses to start while no source is named.</summary>
    public bool Required { get; init; }

    /// <summary>Tokens known by their digests.</summary>
    public IReadOnlyList<TokenEntry> Tokens { get; init; } = [];

    /// <summary>JSON Web Tokens; null: none.</summary>
    public JwtOptions? Jwt { get; init; }

    /// <summary>A service that knows tokens; null: none.</summary>
    public WebhookOptions? Webhook { get; init; }

    /// <summary>Whether anything asks for a token.</summary>
    public bool IsOn => Tokens.Count > 0 || Jwt is not null || Webhook is not null;
}

/// <summary>A token that the config file knows.</summary>
/// <param name="Name">Who has it, for the operator; unlike that of every other.</param>
/// <param name="Sha256">Its digest.</param>
/// <param name="Rights">What it lets do.</param>
/// <param name="Channels">Where.</param>
public sealed record TokenEntry(string Name, ReadOnlyMemory<byte> Sha256, AccessRights Rights, ChannelPatterns Channels);

/// <summary>JSON Web Tokens (RFC 7519): where the keys are and what must stand in them.</summary>
public sealed record JwtOptions
{
    /// <summary>PEM file with a public key or certificate (RS256, ES256), or a file with a secret of 32 bytes or more (HS256); null: none.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Address of a JSON Web Key Set (RS256, ES256); null: none.</summary>
    public Uri? JwksUrl { get; init; }

    /// <summary>What <c>iss</c> must be; null: anything.</summary>
    public string? Issuer { get; init; }

    /// <summary>What <c>aud</c> must hold; null: anything.</summary>
    public string? Audience { get; init; }

    /// <summary>Claim with the rights: a list, or a text with spaces.</summary>
    public string RightsClaim { get; init; } = "rights";

    /// <summary>Claim with the channel patterns: a list, or a text with spaces.</summary>
    public string ChannelsClaim { get; init; } = "channels";
}

/// <summary>A service that is asked whose a token is.</summary>
/// <param name="Url">Where it is asked, by POST.</param>
/// <param name="Timeout">How long it may take.</param>
/// <param name="CacheTime">How long its answers are believed.</param>
public sealed record WebhookOptions(Uri Url, TimeSpan Timeout, TimeSpan CacheTime);
