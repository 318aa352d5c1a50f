using Microsoft.IdentityModel.Tokens;

namespace ComfyStream.Server.Access;

/// <summary>Where the keys of JSON Web Tokens come from. Thread-safe.</summary>
internal interface IJwtKeys
{
    /// <summary>The algorithms that the keys are for.</summary>
    IReadOnlyList<string> Algorithms { get; }

    /// <summary>The keys, asked for again when one of that name is not among them.</summary>
    ValueTask<JwtKeySet> GetAsync(string? keyId, CancellationToken cancellationToken);
}

/// <summary>Keys.</summary>
/// <param name="Keys">None when there is trouble.</param>
/// <param name="Trouble">Why there are none; "" otherwise.</param>
internal sealed record JwtKeySet(IReadOnlyList<SecurityKey> Keys, string Trouble);
