using ComfyStream.Media;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Packetization;

namespace ComfyStream.Streaming.Streams;

/// <summary>The two outputs of a channel: processed and raw. Each frame is cut into packets once, and only when somebody watches.</summary>
internal sealed class StreamOutputs(SubscriberHub processed, SubscriberHub raw, PacketizedFramePool packetizedFrames)
{
    private readonly LatencyPercentile _latency = new();

    /// <summary>Viewers of the workflow's result.</summary>
    public SubscriberHub Processed => processed;

    /// <summary>Viewers of the input as it came.</summary>
    public SubscriberHub Raw => raw;

    /// <summary>A slow 95th percentile of what the picture takes through the workflow.</summary>
    public TimeSpan ProcessedLatency => _latency.Value;

    /// <summary>Sends a frame (borrowed) to whoever watches either output: the stream has no workflow.</summary>
    public void PublishToBoth(EncodedFrame frame)
    {
        if (raw.Count == 0)
        {
            Publish(processed, frame);
            return;
        }

        if (Packetize(frame) is not { } packetized)
            return;
        packetized.AddReference();
        processed.Publish(packetized);
        raw.Publish(packetized);
    }

    /// <summary>Sends a frame (borrowed) to the viewers of the raw output.</summary>
    public void PublishRaw(EncodedFrame frame) => Publish(raw, frame);

    /// <summary>Sends a frame (borrowed) to the viewers of the workflow's result.</summary>
    public void PublishProcessed(EncodedFrame frame) => Publish(processed, frame);

    /// <summary>Sends a picture of the workflow (takes it) and measures how long it took up to here; on the encode thread.</summary>
    public void PublishEncoded(EncodedFrame frame)
    {
        Publish(processed, frame);
        _latency.Record(EventLoop.Now - frame.LastArrival);
        frame.Release();
    }

    private void Publish(SubscriberHub hub, EncodedFrame frame)
    {
        if (hub.Count > 0 && Packetize(frame) is { } packetized)
            hub.Publish(packetized);
    }

    private PacketizedFrame? Packetize(EncodedFrame frame)
    {
        bool isVideo = frame.Codec == MediaCodec.H264;
        PacketizedFrame packetized = packetizedFrames.Rent(frame.ByteCount);
        packetized.Begin(isVideo ? MediaKind.Video : MediaKind.Audio, frame.MediaTime, frame.IsKeyFrame, frame.LastArrival);
        if (isVideo)
            H264Packetizer.Packetize(frame.Data, packetized);
        else
            frame.Data.CopyTo(packetized.AppendPacket(frame.ByteCount));
        if (packetized.PacketCount > 0)
            return packetized;
        packetized.Release();
        return null;
    }
}
