using System.IO.Enumeration;

namespace ComfyStream.Server.Access;

/// <summary>A set of channels: names, in which <c>*</c> stands for any characters, also none. Immutable.</summary>
public sealed class ChannelPatterns
{
    private readonly IReadOnlyList<string> _patterns;

    /// <summary>Makes a set of patterns that <see cref="IsValid"/> lets pass.</summary>
    public ChannelPatterns(IReadOnlyList<string> patterns)
    {
        _patterns = patterns;
        IncludeAll = patterns.Any(pattern => pattern.All(c => c == '*'));
    }

    /// <summary>Every channel.</summary>
    public static ChannelPatterns All { get; } = new(["*"]);

    /// <summary>Whether every channel is in it, so that also what concerns the server as a whole is.</summary>
    public bool IncludeAll { get; }

    /// <summary>Whether a text is a pattern: a name that may be a channel's, with <c>*</c> anywhere.</summary>
    public static bool IsValid(string pattern) =>
        pattern.Length is > 0 and <= 64 && pattern.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '*');

    /// <summary>Whether a channel is in it.</summary>
    public bool Contains(string channel) =>
        IncludeAll || _patterns.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, channel, ignoreCase: false));
}
