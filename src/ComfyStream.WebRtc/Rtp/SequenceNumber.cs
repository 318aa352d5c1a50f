namespace ComfyStream.WebRtc.Rtp;

/// <summary>RTP sequence numbers are 16 bits on the wire and 64 bits everywhere else: they are extended once, at the edge.</summary>
internal static class SequenceNumber
{
    /// <summary>The extended number nearest to <paramref name="reference"/> whose low 16 bits are <paramref name="value"/>.</summary>
    public static long Extend(ushort value, long reference) => reference + (short)(value - (ushort)reference);
}
