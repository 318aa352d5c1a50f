namespace ComfyStream.Streaming.Streams;

/// <summary>Conversions to <see cref="TimeSpan"/>, exact to its tick and without overflow in any session's life.</summary>
internal static class RtpClock
{
    /// <summary>An RTP timestamp without wraps as time since timestamp 0.</summary>
    public static TimeSpan ToTime(long rtpTimestamp, int clockRate)
    {
        (long seconds, long rest) = Math.DivRem(rtpTimestamp, clockRate);
        return TimeSpan.FromTicks(seconds * TimeSpan.TicksPerSecond + rest * TimeSpan.TicksPerSecond / clockRate);
    }

    /// <summary>64-bit NTP time (RFC 3550 4) as time since the beginning of its era.</summary>
    public static TimeSpan ToTime(ulong ntpTime) =>
        TimeSpan.FromTicks((long)(ntpTime >> 32) * TimeSpan.TicksPerSecond + ((long)(uint)ntpTime * TimeSpan.TicksPerSecond >> 32));
}
