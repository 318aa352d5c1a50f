using System.Text.Json.Serialization;

namespace ComfyStream.Server.Access;

/// <summary>What is said to a webhook and read from it.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(WebhookQuestion))]
[JsonSerializable(typeof(WebhookAnswer))]
internal sealed partial class AccessJson : JsonSerializerContext;

/// <summary>Asks whose a token is.</summary>
internal sealed record WebhookQuestion(string Token, string? Address);

/// <summary>Says whose it is.</summary>
/// <param name="Name">Who has it; sessions belong to that name.</param>
/// <param name="Rights">What it lets do.</param>
/// <param name="Channels">Where.</param>
/// <param name="Seconds">How long that may be believed; null: as the config file says.</param>
internal sealed record WebhookAnswer(string? Name, string[]? Rights, string[]? Channels, double? Seconds);
