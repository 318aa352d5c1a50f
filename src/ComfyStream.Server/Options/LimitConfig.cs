using System.Text.Json;
using ComfyStream.Server.Limits;

namespace ComfyStream.Server.Options;

/// <summary>Reads the section <c>limits</c> of the config file.</summary>
internal static class LimitConfig
{
    public const string Key = "limits";

    /// <summary>The table of all limits: key, range, and where the number goes.</summary>
    public static IReadOnlyList<LimitSetting> All { get; } =
    [
        new("sessions", 1, 100_000, limits => limits.Sessions, (limits, value) => limits with { Sessions = (int)value }),
        new("channels", 1, 100_000, limits => limits.Channels, (limits, value) => limits with { Channels = (int)value }),
        new("halfOpenSessions", 1, 100_000, limits => limits.HalfOpenSessions, (limits, value) => limits with { HalfOpenSessions = (int)value }),
        new("halfOpenSessionsPerAddress", 1, 100_000, limits => limits.HalfOpenSessionsPerAddress, (limits, value) => limits with { HalfOpenSessionsPerAddress = (int)value }),
        new("sessionsPerAddress", 1, 100_000, limits => limits.SessionsPerAddress, (limits, value) => limits with { SessionsPerAddress = (int)value }),
        new("waitedForNames", 1, 100_000, limits => limits.WaitedForNames, (limits, value) => limits with { WaitedForNames = (int)value }),
        new("requestsPerSecondPerAddress", 0.1, 1e6, limits => limits.Address.PerSecond, (limits, value) => limits with { Address = RateOptions.WithTwoSecondsBurst(value) }),
        new("requestsPerSecondPerToken", 0.1, 1e6, limits => limits.Token.PerSecond, (limits, value) => limits with { Token = RateOptions.WithTwoSecondsBurst(value) }),
        new("wrongTokensPerSecond", 0.01, 1e6, limits => limits.WrongTokens.PerSecond, (limits, value) => limits with { WrongTokens = new RateOptions(value, value * 20) }),
        new("loopLoad", 0.1, 1, limits => limits.LoopLoad, (limits, value) => limits with { LoopLoad = value }),
        new("connections", 1, 1e6, limits => limits.Connections, (limits, value) => limits with { Connections = (int)value }),
        new("bodyBytes", 1024, 16 << 20, limits => limits.BodyBytes, (limits, value) => limits with { BodyBytes = (int)value }),
        new("headerBytes", 4096, 16 << 20, limits => limits.HeaderBytes, (limits, value) => limits with { HeaderBytes = (int)value }),
        new("requestLineBytes", 1024, 16 << 20, limits => limits.RequestLineBytes, (limits, value) => limits with { RequestLineBytes = (int)value }),
        new("headerSeconds", 0.1, 600, limits => limits.HeaderTime.TotalSeconds, (limits, value) => limits with { HeaderTime = TimeSpan.FromSeconds(value) }),
        new("leastBytesPerSecond", 1, 1e6, limits => limits.LeastBytesPerSecond, (limits, value) => limits with { LeastBytesPerSecond = (int)value }),
    ];

    public static LimitOptions Read(JsonElement value)
    {
        var limits = new LimitOptions();
        foreach (JsonProperty property in ConfigValue.Properties(value, Key, """{ "sessions": 1000 }"""))
        {
            LimitSetting setting = All.FirstOrDefault(setting => setting.Key == property.Name)
                ?? throw ConfigValue.Unknown(Key, property.Name, string.Join(", ", All.Select(setting => setting.Key)));
            limits = setting.Apply(limits, ConfigValue.Number(property.Value, $"{Key}.{setting.Key}", setting.Least, setting.Most));
        }
        return limits;
    }
}

/// <summary>One limit.</summary>
internal sealed record LimitSetting(string Key, double Least, double Most, Func<LimitOptions, double> Get, Func<LimitOptions, double, LimitOptions> Apply);
