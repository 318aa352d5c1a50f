using System.Text.Json;
using ComfyStream.Server.Access;

namespace ComfyStream.Server.Options;

/// <summary>Reads the section <c>auth</c> of the config file.</summary>
internal static class AuthConfig
{
    public const string Key = "auth";

    private const string TokenExample = """{ "name": "alice", "sha256": "...", "rights": ["view"], "channels": ["cam*"] } (comfystream token new makes one)""";
    private const int DigestBytes = 32;

    public static AuthOptions Read(JsonElement value)
    {
        var options = new AuthOptions();
        foreach (JsonProperty property in ConfigValue.Properties(value, Key, """{ "tokens": [...] }"""))
        {
            string path = $"{Key}.{property.Name}";
            options = property.Name switch
            {
                "required" => options with { Required = ConfigValue.Switch(property.Value, path) },
                "tokens" => options with { Tokens = ReadTokens(property.Value, path) },
                "jwt" => options with { Jwt = ReadJwt(property.Value, path) },
                "webhook" => options with { Webhook = ReadWebhook(property.Value, path) },
                _ => throw ConfigValue.Unknown(Key, property.Name, "required, tokens, jwt, webhook"),
            };
        }
        return options;
    }

    private static List<TokenEntry> ReadTokens(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Array)
            throw new ServeException($"'{path}' is a list of tokens, as [{TokenExample}].");
        var tokens = new List<TokenEntry>();
        foreach (JsonElement item in value.EnumerateArray())
        {
            TokenEntry token = ReadToken(item, $"{path}[{tokens.Count}]");
            if (tokens.Any(other => other.Name == token.Name))
                throw new ServeException($"'{path}': there are two tokens with the name '{token.Name}'; who made a session is told by it.");
            tokens.Add(token);
        }
        return tokens;
    }

    private static TokenEntry ReadToken(JsonElement value, string path)
    {
        string name = "";
        byte[] digest = [];
        AccessRights rights = AccessRights.None;
        ChannelPatterns? channels = null;
        foreach (JsonProperty property in ConfigValue.Properties(value, path, TokenExample))
        {
            string where = $"{path}.{property.Name}";
            switch (property.Name)
            {
                case "name":
                    name = ConfigValue.Text(property.Value, where);
                    break;
                case "sha256":
                    digest = ReadDigest(ConfigValue.Text(property.Value, where), where);
                    break;
                case "rights":
                    rights = ReadRights(ConfigValue.Texts(property.Value, where), where);
                    break;
                case "channels":
                    channels = ReadPatterns(ConfigValue.Texts(property.Value, where), where);
                    break;
                default:
                    throw ConfigValue.Unknown(path, property.Name, "name, sha256, rights, channels");
            }
        }
        return name.Length > 0 && digest.Length > 0 && rights != AccessRights.None && channels is not null
            ? new TokenEntry(name, digest, rights, channels)
            : throw new ServeException($"'{path}' needs name, sha256, rights and channels, as {TokenExample}.");
    }

    private static byte[] ReadDigest(string text, string path)
    {
        byte[] digest = new byte[DigestBytes];
        return Convert.FromHexString(text, digest, out int consumed, out int written) == System.Buffers.OperationStatus.Done && written == DigestBytes && consumed == text.Length
            ? digest
            : throw new ServeException($"'{path}' must be the SHA-256 of the token: 64 hexadecimal digits, and not the token itself.");
    }

    /// <summary>Rights by their names.</summary>
    public static AccessRights ReadRights(IReadOnlyList<string> names, string path)
    {
        AccessRights rights = AccessRights.None;
        foreach (string name in names)
        {
            if (!AccessRightNames.TryParse(name, out AccessRights right))
                throw new ServeException($"'{path}': '{name}' is no right; there are {AccessRightNames.List}.");
            rights |= right;
        }
        return rights;
    }

    /// <summary>Channel patterns, checked.</summary>
    public static ChannelPatterns ReadPatterns(IReadOnlyList<string> patterns, string path) =>
        patterns.FirstOrDefault(pattern => !ChannelPatterns.IsValid(pattern)) is { } wrong
            ? throw new ServeException($"'{path}': '{wrong}' is no channel; it is made of letters, digits, '_' and '-', and '*' for any of them.")
            : new ChannelPatterns(patterns);

    private static JwtOptions ReadJwt(JsonElement value, string path)
    {
        var options = new JwtOptions();
        foreach (JsonProperty property in ConfigValue.Properties(value, path, """{ "jwksUrl": "https://id.example.org/jwks.json", "issuer": "...", "audience": "..." }"""))
        {
            string where = $"{path}.{property.Name}";
            options = property.Name switch
            {
                "keyFile" => options with { KeyFile = ConfigValue.Text(property.Value, where) },
                "jwksUrl" => options with { JwksUrl = ConfigValue.SafeUrl(property.Value, where) },
                "issuer" => options with { Issuer = ConfigValue.Text(property.Value, where) },
                "audience" => options with { Audience = ConfigValue.Text(property.Value, where) },
                "rightsClaim" => options with { RightsClaim = ConfigValue.Text(property.Value, where) },
                "channelsClaim" => options with { ChannelsClaim = ConfigValue.Text(property.Value, where) },
                _ => throw ConfigValue.Unknown(path, property.Name, "keyFile, jwksUrl, issuer, audience, rightsClaim, channelsClaim"),
            };
        }
        return (options.KeyFile is null) != (options.JwksUrl is null)
            ? options
            : throw new ServeException($"'{path}' needs either keyFile or jwksUrl.");
    }

    private static WebhookOptions ReadWebhook(JsonElement value, string path)
    {
        const string Example = """{ "url": "https://auth.example.org/token" }""";
        Uri? url = null;
        double timeoutSeconds = 5;
        double cacheSeconds = 30;
        foreach (JsonProperty property in ConfigValue.Properties(value, path, Example))
        {
            string where = $"{path}.{property.Name}";
            switch (property.Name)
            {
                case "url":
                    url = ConfigValue.SafeUrl(property.Value, where);
                    break;
                case "timeoutSeconds":
                    timeoutSeconds = ConfigValue.Number(property.Value, where, 0.1, 60);
                    break;
                case "cacheSeconds":
                    cacheSeconds = ConfigValue.Number(property.Value, where, 0, 3600);
                    break;
                default:
                    throw ConfigValue.Unknown(path, property.Name, "url, timeoutSeconds, cacheSeconds");
            }
        }
        return url is null
            ? throw new ServeException($"'{path}' needs url, as {Example}.")
            : new WebhookOptions(url, TimeSpan.FromSeconds(timeoutSeconds), TimeSpan.FromSeconds(cacheSeconds));
    }
}
