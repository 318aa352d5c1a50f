using System.Security.Cryptography;
using System.Text.Json;
using ComfyStream.Server.Access;

namespace ComfyStream.Server.Options;

/// <summary>A token that was just made.</summary>
/// <param name="Text">What its holder keeps.</param>
/// <param name="Entry">What <c>auth.tokens</c> of the config file keeps: a JSON object.</param>
public sealed record NewToken(string Text, string Entry)
{
    /// <summary>Makes one.</summary>
    /// <param name="rights">Names of rights, separated by commas.</param>
    /// <param name="channels">Channel patterns, separated by commas.</param>
    /// <param name="name">Who gets it; null makes up a name.</param>
    /// <exception cref="ServeException">A right or pattern is none.</exception>
    public static NewToken Create(string rights, string channels, string? name)
    {
        string[] patterns = Split(channels);
        AccessRights set = AuthConfig.ReadRights(Split(rights), "--rights");
        if (set == AccessRights.None)
            throw new ServeException($"--rights is empty; there are {AccessRightNames.List}.");
        if (patterns.Length == 0)
            throw new ServeException("--channels is empty; * is every channel.");
        AuthConfig.ReadPatterns(patterns, "--channels");

        IReadOnlyList<string> names = AccessRightNames.NamesOf(set);
        string text = TokenDigest.NewToken();
        string holder = string.IsNullOrWhiteSpace(name) ? $"{string.Join('-', names)}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3))}" : name;
        string entry = $$"""{ "name": {{Quote(holder)}}, "sha256": "{{Convert.ToHexStringLower(TokenDigest.Of(text))}}", "rights": [{{List(names)}}], "channels": [{{List(patterns)}}] }""";
        return new NewToken(text, entry);
    }

    private static string[] Split(string text) => text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries);

    private static string List(IEnumerable<string> texts) => string.Join(", ", texts.Select(Quote));

    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
