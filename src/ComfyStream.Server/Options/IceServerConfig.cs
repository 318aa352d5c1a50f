using System.Text.Json;

namespace ComfyStream.Server.Options;

/// <summary>Reads a list <c>iceServer</c> of the config file: texts as on the command line, and objects for servers with a secret of their own.</summary>
internal static class IceServerConfig
{
    public const string Key = "iceServer";
    private const string Example = """{ "url": "turn:host:3478?transport=udp", "secretFile": "turn.secret" }""";

    public static IReadOnlyList<IceServer> Read(JsonElement list) =>
        list.GetArrayLength() == 1 && list[0].ValueKind == JsonValueKind.String && list[0].ValueEquals("none")
            ? []
            : [.. list.EnumerateArray().Select((item, index) => item.ValueKind == JsonValueKind.Object ? ReadObject(item, $"{Key}[{index}]") : ServeSettings.OneIceServer(ConfigValue.Text(item, Key)))];

    private static IceServer ReadObject(JsonElement value, string path)
    {
        string url = "";
        SharedSecret? secret = null;
        foreach (JsonProperty property in ConfigValue.Properties(value, path, Example))
        {
            string name = $"{path}.{property.Name}";
            string text = property.Name is "url" or "secret" or "secretFile" ? ConfigValue.Text(property.Value, name) : throw ConfigValue.Unknown(path, property.Name, "url, secret and secretFile");
            if (property.Name == "url")
                url = text;
            else if (secret is not null)
                throw new ServeException($"'{path}' has both 'secret' and 'secretFile'; leave one out.");
            else
                secret = property.Name == "secret" ? SharedSecret.Of(text, $"'{name}'") : SharedSecret.Read(text, $"'{name}'");
        }

        IceServer server = ServeSettings.OneIceServer(url);
        return secret is null || server.NeedsSecret
            ? server with { Secret = secret }
            : throw new ServeException($"'{path}': {server} takes no secret: it is for a turn: address without user and password.");
    }
}
