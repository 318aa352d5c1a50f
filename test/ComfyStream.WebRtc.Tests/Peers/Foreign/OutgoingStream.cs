using ComfyStream.WebRtc.Rtp;

namespace ComfyStream.WebRtc.Tests.Peers.Foreign;

/// <summary>One SSRC that a foreign client sends: its counters, and what it keeps in order to send packets again.</summary>
internal sealed class OutgoingStream(uint ssrc, byte payloadType, int clockRate, ulong firstIndex, uint timestampOffset)
{
    public uint Ssrc => ssrc;

    public byte PayloadType => payloadType;

    /// <summary>Roll-over counter and sequence number of the next packet.</summary>
    public ulong NextIndex { get; private set; } = firstIndex;

    public uint Packets { get; private set; }

    public uint PayloadBytes { get; private set; }

    /// <summary>By sequence number: the packet in the clear, and as it was on the wire.</summary>
    public Dictionary<ushort, Kept> History { get; } = [];

    public uint TimestampAt(TimeSpan time) => timestampOffset + (uint)RtpTimestamp.FromTime(time, clockRate);

    public void Note(Kept packet)
    {
        History[(ushort)NextIndex++] = packet;
        Packets++;
        PayloadBytes += (uint)packet.Payload.Length;
    }

    internal sealed record Kept(bool Marker, uint Timestamp, byte[] Payload, byte[] Wire);
}
