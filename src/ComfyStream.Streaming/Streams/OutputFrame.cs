using ComfyStream.WebRtc.Packetization;

namespace ComfyStream.Streaming.Streams;

/// <summary>A frame on its way to the viewers of an output.</summary>
/// <param name="Packets">The frame; whoever holds this value holds a reference.</param>
/// <param name="Rendition">What it is of a picture; sound is <see cref="Rendition.Source"/>.</param>
/// <param name="Format">What a picture asks of a player; null for sound.</param>
internal readonly record struct OutputFrame(PacketizedFrame Packets, Rendition Rendition, VideoFormat? Format)
{
    /// <summary>Whether it is a picture.</summary>
    public bool IsVideo => Format is not null;
}

/// <summary>
/// Where a coded picture comes from. A viewer who goes from one rendition to another begins with a key frame, since each is coded
/// apart.
/// </summary>
internal enum Rendition
{
    /// <summary>As the publisher sent it.</summary>
    Source,

    /// <summary>The publisher's picture coded again, for those who cannot take it as it came.</summary>
    Transcoded,

    /// <summary>What the workflow made of it.</summary>
    Encoded,

    /// <summary>A still that says why there is no picture.</summary>
    Slate,
}
