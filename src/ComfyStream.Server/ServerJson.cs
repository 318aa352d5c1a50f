using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ComfyStream.Server.Control;
using ComfyStream.Server.Signaling;
using ComfyStream.Server.Stats;
using ComfyStream.Streaming;
using ComfyStream.Streaming.Addresses;

namespace ComfyStream.Server;

/// <summary>Everything that this server writes as JSON.</summary>
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(Health))]
[JsonSerializable(typeof(DrainRequest))]
[JsonSerializable(typeof(DrainStatus))]
[JsonSerializable(typeof(WorkflowList))]
[JsonSerializable(typeof(PipelineStatus))]
[JsonSerializable(typeof(ProcessingStatus))]
[JsonSerializable(typeof(Dictionary<string, SessionStatistics>))]
internal sealed partial class ServerJson : JsonSerializerContext
{
    /// <summary>
    /// Quotes and letters beyond ASCII stay readable for people with curl; safe, because the answers are JSON by their
    /// Content-Type and browsers are told not to guess another.
    /// </summary>
    public static ServerJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters =
        {
            new JsonStringEnumConverter<CandidateState>(JsonNamingPolicy.SnakeCaseLower),
            new JsonStringEnumConverter<PipelineState>(JsonNamingPolicy.SnakeCaseUpper),
        },
    });
}
