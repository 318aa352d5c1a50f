using System.Diagnostics.CodeAnalysis;

namespace ComfyStream.Streaming.Streams;

/// <summary>A stream's name: <c>channel</c> for the workflow's result, <c>channel/raw</c> for the input as it came.</summary>
internal readonly record struct StreamName(string Channel, string? Pipeline)
{
    private const string RawPipeline = "raw";
    private const int MostCharacters = 64;

    /// <summary>What a valid name looks like, for error texts.</summary>
    public const string Rule = "1 to 64 of the characters A-Z a-z 0-9 _ -";

    /// <summary>Whether the input as it came is meant.</summary>
    public bool IsRaw => Pipeline == RawPipeline;

    /// <summary>Parses <c>channel</c> or <c>channel/pipeline</c>.</summary>
    public static bool TryParse(string text, out StreamName name)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string channel = slash < 0 ? text : text[..slash];
        string? pipeline = slash < 0 ? null : text[(slash + 1)..];
        name = new StreamName(channel, pipeline);
        return IsValidPart(channel) && (pipeline is null || IsValidPart(pipeline));
    }

    /// <summary>Whether the text may name a channel or a pipeline.</summary>
    public static bool IsValidPart([NotNullWhen(true)] string? text) =>
        text is { Length: > 0 and <= MostCharacters } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    /// <inheritdoc/>
    public override string ToString() => Pipeline is null ? Channel : $"{Channel}/{Pipeline}";
}
