namespace ComfyStream.WebRtc.Rtcp;

/// <summary>NTP's fixed-point time (RFC 3550 4): 64 bits with 32 of fraction, or the middle 32 bits with 16 of fraction.</summary>
internal static class NtpTime
{
    /// <summary>A duration as 64-bit NTP time; add it to an epoch.</summary>
    public static ulong FromTime(TimeSpan time)
    {
        (long seconds, long rest) = Math.DivRem(time.Ticks, TimeSpan.TicksPerSecond);
        return (ulong)((seconds << 32) + (rest << 32) / TimeSpan.TicksPerSecond);
    }

    /// <summary>The middle 32 bits: seconds of 16 bits and a fraction of 16 bits.</summary>
    public static uint ToCompact(ulong ntpTime) => (uint)(ntpTime >> 16);

    /// <summary>A duration in units of 1/65536 s.</summary>
    public static uint CompactFromTime(TimeSpan time) => ToCompact(FromTime(time));

    /// <summary>A duration of 1/65536 s units as time.</summary>
    public static TimeSpan TimeFromCompact(uint compact) => TimeSpan.FromTicks(compact * TimeSpan.TicksPerSecond >> 16);
}
