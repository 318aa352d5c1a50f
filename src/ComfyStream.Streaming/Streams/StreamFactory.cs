using ComfyStream.Media;
using ComfyStream.Streaming.Pipeline;
using ComfyStream.Transport;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Streaming.Streams;

/// <summary>Makes channels, with what all of them share.</summary>
internal sealed record StreamFactory(
    RelayOptions Options, IReadOnlyList<EventLoop> Loops, PacketizedFramePool PacketizedFrames, PipelineResources? Resources, ILogger Logger)
{
    /// <summary>Makes a channel.</summary>
    public RelayStream Create(string channel, IWorkflow workflow) => new(channel, workflow, this);

    /// <summary>Decides what an output shows, by the relay's time limits.</summary>
    public PictureWatch NewWatch() => new(Options.GraceTime, Options.HoldTime);
}
