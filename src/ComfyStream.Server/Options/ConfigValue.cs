using System.Text.Json;

namespace ComfyStream.Server.Options;

/// <summary>Reads values of the config file; what cannot be read is named with its whole path, <c>auth.jwt.issuer</c>.</summary>
internal static class ConfigValue
{
    /// <summary>The properties of an object.</summary>
    public static IEnumerable<JsonProperty> Properties(JsonElement value, string path, string example) =>
        value.ValueKind == JsonValueKind.Object ? value.EnumerateObject() : throw new ServeException($"'{path}' is an object, as {example}.");

    public static ServeException Unknown(string path, string key, string known) => new($"'{path}.{key}' is no option; there are {known}.");

    public static string Text(JsonElement value, string path) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number => value.GetRawText(),
        _ => throw new ServeException($"'{path}' takes a text or a number, not {value.ValueKind.ToString().ToLowerInvariant()}."),
    };

    /// <summary>A list of texts; a single text is a list of one.</summary>
    public static IReadOnlyList<string> Texts(JsonElement value, string path) =>
        value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(item => Text(item, path))] : [Text(value, path)];

    public static bool Switch(JsonElement value, string path) => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new ServeException($"'{path}' is true or false."),
    };

    public static double Number(JsonElement value, string path, double least, double most) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number >= least && number <= most
            ? number
            : throw new ServeException(FormattableString.Invariant($"'{path}' must be a number from {least} to {most}."));

    /// <summary>An address that is asked for secrets or keys: HTTPS, or HTTP on this machine.</summary>
    public static Uri SafeUrl(JsonElement value, string path)
    {
        string text = Text(value, path);
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback))
            ? url
            : throw new ServeException($"'{path}' must be an https: address (http: only on this machine), and is '{text}'.");
    }
}
