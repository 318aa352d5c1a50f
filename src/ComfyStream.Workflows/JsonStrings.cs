using System.Text.Json;

namespace ComfyStream.Workflows;

/// <summary>What System.Text.Json leaves unchecked in the strings of a document.</summary>
public static class JsonStrings
{
    /// <summary>
    /// Whether all strings are Unicode: an escaped lone surrogate is accepted, and throws only when its string is asked for.
    /// </summary>
    /// <exception cref="JsonException">It is no JSON, or deeper than <paramref name="maxDepth"/> levels.</exception>
    public static bool AreUnicode(ReadOnlySpan<byte> utf8, int maxDepth)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = maxDepth });
        try
        {
            while (reader.Read())
            {
                if (reader.ValueIsEscaped)
                    reader.GetString();
            }

            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
