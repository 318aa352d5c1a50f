using System.Text.Json;

namespace ComfyStream.Server.Options;

/// <summary>
/// Reads the config file: a JSON object with the options of <see cref="ServeSettings"/> in camel case, <c>channels</c>, <c>auth</c> and <c>limits</c>.
/// Comments and trailing commas are allowed; an unknown key is an error, because it is a mistyped one.
/// </summary>
public static class ConfigFile
{
    private const string ChannelsKey = "channels";
    private const int MostCharactersOfName = 64;

    /// <summary>The options of a file, over the defaults.</summary>
    /// <exception cref="ServeException">The file cannot be read or used; the message names the key.</exception>
    public static ServeOptions Read(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ServeException($"The config file {path} cannot be read: {e.Message}");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions
            {
                CommentHandling = JsonCommentHandling.Skip,
                AllowTrailingCommas = true,
                AllowDuplicateProperties = false,
            });
            return Read(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new ServeException($"The config file {path} is not JSON: {e.Message}");
        }
        catch (ServeException e)
        {
            throw new ServeException($"In the config file {path}: {e.Message}");
        }
    }

    private static ServeOptions Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new ServeException("a JSON object is needed, as { \"port\": 8889 }.");

        var options = new ServeOptions();
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (property.Name == ChannelsKey)
            {
                options = options with { Channels = ReadChannels(property.Value) };
                continue;
            }
            if (property.Name == AuthConfig.Key)
            {
                options = options with { Auth = AuthConfig.Read(property.Value) };
                continue;
            }
            if (property.Name == LimitConfig.Key)
            {
                options = options with { Limits = LimitConfig.Read(property.Value) };
                continue;
            }
            if (property.Name == IceServerConfig.Key && property.Value.ValueKind == JsonValueKind.Array)
            {
                options = options with { IceServers = IceServerConfig.Read(property.Value) };
                continue;
            }
            ServeSetting setting = ServeSettings.All.FirstOrDefault(setting => setting.Key == property.Name)
                ?? throw new ServeException($"'{property.Name}' is no option; there are {string.Join(", ", ServeSettings.All.Select(setting => setting.Key).Concat([ChannelsKey, AuthConfig.Key, LimitConfig.Key]))}.");
            options = setting.Apply(options, Values(setting, property.Value));
        }
        return options;
    }

    private static IReadOnlyList<string> Values(ServeSetting setting, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array when setting.IsRepeatable => [.. value.EnumerateArray().Select(item => ConfigValue.Text(item, setting.Key))],
        JsonValueKind.True or JsonValueKind.False when setting.IsSwitch => [value.GetBoolean().ToString()],
        _ when setting.IsSwitch => throw new ServeException($"'{setting.Key}' is true or false."),
        _ => [ConfigValue.Text(value, setting.Key)],
    };

    private static Dictionary<string, ChannelOptions> ReadChannels(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw new ServeException($"'{ChannelsKey}' is an object of channels, as {{ \"stage\": {{ \"workflow\": \"invert\" }} }}.");

        var channels = new Dictionary<string, ChannelOptions>(StringComparer.Ordinal);
        foreach (JsonProperty channel in value.EnumerateObject())
        {
            string where = $"{ChannelsKey}.{channel.Name}";
            if (channel.Name.Length is 0 or > MostCharactersOfName || !channel.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
                throw new ServeException($"'{where}': a channel's name is 1 to {MostCharactersOfName} letters, digits, '_' and '-'.");
            if (channel.Value.ValueKind != JsonValueKind.Object)
                throw new ServeException($"'{where}' is an object, as {{ \"workflow\": \"invert\" }}.");

            var options = new ChannelOptions();
            foreach (JsonProperty property in channel.Value.EnumerateObject())
                options = ReadChannelOption(options, property, where);
            channels.Add(channel.Name, options);
        }
        return channels;
    }

    private static ChannelOptions ReadChannelOption(ChannelOptions options, JsonProperty property, string where)
    {
        string name = $"{where}.{property.Name}";
        return property.Name switch
        {
            "workflow" => options with { Workflow = ConfigValue.Text(property.Value, name) },
            "idle" => options with { RejectsIdle = ServeSettings.IsReject(name, ConfigValue.Text(property.Value, name), "wait") },
            "publisher" => options with { RejectsTakeover = ServeSettings.IsReject(name, ConfigValue.Text(property.Value, name), "takeover") },
            _ => throw new ServeException($"'{name}' is no option of a channel; there are workflow, idle and publisher."),
        };
    }
}
