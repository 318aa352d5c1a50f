using ComfyStream.WebRtc.Packetization;
using ComfyStream.WebRtc.Rtp;
using ComfyStream.WebRtc.Sdp;
using ComfyStream.WebRtc.Streams;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Streams;

/// <summary>Sections, packets and counted frames for the tests of the streams.</summary>
internal static class StreamSample
{
    public const uint Ssrc = 0x1234ABCD;
    public const byte VideoPayloadType = 102;
    public const byte AudioPayloadType = 111;

    public const uint RtxSsrc = 0x5678ABCD;
    public const byte RtxPayloadType = 103;
    public const byte Vp8PayloadType = 104;
    public const byte Vp8RtxPayloadType = 105;

    /// <summary>A section with H.264, VP8 and retransmissions of both on another SSRC.</summary>
    public static NegotiatedMedia VideoWithRtx() => Video() with
    {
        Codec = H264,
        Codecs = [H264, new RtpCodec(Vp8PayloadType, "vp8", 90000, 0, "") { RtxPayloadType = Vp8RtxPayloadType }],
        LocalRtxSsrc = RtxSsrc,
    };

    private static RtpCodec H264 => new(VideoPayloadType, "H264", 90000, 0, "") { RtxPayloadType = RtxPayloadType };

    public static NegotiatedMedia Video(bool nack = true) => new()
    {
        Mid = "1",
        Kind = MediaKind.Video,
        Send = true,
        Receive = true,
        Codec = new RtpCodec(VideoPayloadType, "H264", 90000, 0, ""),
        Codecs = [new RtpCodec(VideoPayloadType, "H264", 90000, 0, "")],
        Extensions = new HeaderExtensionMap { Mid = 4 },
        LocalSsrc = Ssrc,
        Cname = "comfy",
        Nack = nack,
    };

    public static NegotiatedMedia Audio() => new()
    {
        Mid = "0",
        Kind = MediaKind.Audio,
        Send = true,
        Receive = true,
        Codec = new RtpCodec(AudioPayloadType, "opus", 48000, 2, ""),
        Codecs = [new RtpCodec(AudioPayloadType, "OPUS", 48000, 2, ""), new RtpCodec(126, "telephone-event", 8000, 0, "")],
        Extensions = new HeaderExtensionMap { Mid = 4 },
        LocalSsrc = Ssrc,
        Cname = "comfy",
    };

    public static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    /// <summary>Gives a plain packet to a stream as the peer connection does, one of <see cref="VideoWithRtx"/>'s RTX packets included.</summary>
    public static bool Feed(this RtpReceiveStream stream, TimeSpan now, ReadOnlySpan<byte> packet)
    {
        Assert.True(RtpHeader.TryParse(packet, out RtpHeader header));
        Assert.True(header.TryGetPayload(packet, out ReadOnlySpan<byte> payload));
        if (header.Ssrc == RtxSsrc)
            return stream.HandleRetransmission(now, header, (byte)(header.PayloadType - 1), payload);
        return stream.HandlePacket(now, header, payload);
    }

    public static bool Feed(
        this RtpReceiveStream stream, TimeSpan now, int sequence, uint timestamp, bool marker, byte[] payload, byte payloadType = VideoPayloadType, uint ssrc = Ssrc)
    {
        byte[] packet = new byte[12 + payload.Length];
        RtpHeaderWriter.Write(packet, marker, payloadType, (ushort)sequence, timestamp, ssrc, []);
        payload.CopyTo(packet, 12);
        return stream.Feed(now, packet);
    }

    public static bool FeedVp8(this RtpReceiveStream stream, TimeSpan now, int sequence, uint timestamp, bool marker, byte[] payload) =>
        stream.Feed(now, sequence, timestamp, marker, payload, Vp8PayloadType);

    public static byte[]? Take(this RtpReceiveStream stream) => stream.Take(out _);

    public static byte[]? Take(this RtpReceiveStream stream, out ReceivedFrame frame)
    {
        if (!stream.TryGetFrame(out frame))
            return null;

        byte[] bytes = new byte[frame.ByteCount];
        Assert.Equal(bytes.Length, stream.ReadFrame(bytes));
        return bytes;
    }

    /// <summary>The next packet of a sending stream as plain bytes, or null.</summary>
    public static byte[]? TakePacket(this RtpSendStream stream, TimeSpan now)
    {
        if (!stream.TryPeekPacket(now, out RtpPacketToSend packet))
            return null;

        byte[] bytes = new byte[packet.ByteCount];
        int headerBytes = packet.WriteHeader(bytes);
        Assert.Equal(packet.HeaderBytes, headerBytes);
        packet.WritePayload(bytes.AsSpan(headerBytes));
        stream.Advance();
        return bytes;
    }

    public static List<byte[]> TakePackets(this RtpSendStream stream, TimeSpan now)
    {
        List<byte[]> packets = [];
        while (stream.TakePacket(now) is { } packet)
            packets.Add(packet);
        return packets;
    }

    public static ushort SequenceOf(byte[] packet)
    {
        Assert.True(RtpHeader.TryParse(packet, out RtpHeader header));
        return header.SequenceNumber;
    }
}

/// <summary>Makes frames and counts those that are not released.</summary>
internal sealed class FrameCounter
{
    public int Outstanding { get; private set; }

    public PacketizedFrame MakeVideo(byte[] accessUnit, TimeSpan mediaTime, bool isKeyFrame = false)
    {
        PacketizedFrame frame = Begin(MediaKind.Video, mediaTime, isKeyFrame);
        H264Packetizer.Packetize(accessUnit, frame);
        return frame;
    }

    public PacketizedFrame MakeAudio(byte[] packet, TimeSpan mediaTime)
    {
        PacketizedFrame frame = Begin(MediaKind.Audio, mediaTime, isKeyFrame: true);
        OpusPacketizer.Packetize(packet, frame);
        return frame;
    }

    /// <summary>A frame of that many payloads of one size.</summary>
    public PacketizedFrame Make(int packets, TimeSpan mediaTime = default, MediaKind kind = MediaKind.Video, int payloadBytes = 100)
    {
        PacketizedFrame frame = Begin(kind, mediaTime, isKeyFrame: true);
        for (int i = 0; i < packets; i++)
            frame.AppendPacket(payloadBytes).Fill((byte)i);
        return frame;
    }

    public PacketizedFrame Begin(MediaKind kind, TimeSpan mediaTime, bool isKeyFrame = true)
    {
        PacketizedFrame frame = new(_ => Outstanding--);
        Outstanding++;
        frame.Begin(kind, mediaTime, isKeyFrame, TimeSpan.Zero);
        return frame;
    }
}
