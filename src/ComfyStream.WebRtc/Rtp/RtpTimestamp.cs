namespace ComfyStream.WebRtc.Rtp;

/// <summary>RTP timestamps: 32 bits on the wire, 64 bits inside, in units of the codec's clock.</summary>
internal static class RtpTimestamp
{
    /// <summary>The extended timestamp nearest to <paramref name="reference"/> whose low 32 bits are <paramref name="value"/>.</summary>
    public static long Extend(uint value, long reference) => reference + (int)(value - (uint)reference);

    /// <summary>A number of clock units as time.</summary>
    public static TimeSpan ToTime(long units, int clockRate) => TimeSpan.FromSeconds((double)units / clockRate);

    /// <summary>
    /// Time in clock units, rounded. Whole seconds and the rest are converted apart, so that no uptime overflows.
    /// </summary>
    public static long FromTime(TimeSpan time, int clockRate)
    {
        (long seconds, long rest) = Math.DivRem(time.Ticks, TimeSpan.TicksPerSecond);
        if (rest < 0)
        {
            seconds--;
            rest += TimeSpan.TicksPerSecond;
        }

        return seconds * clockRate + (rest * clockRate + TimeSpan.TicksPerSecond / 2) / TimeSpan.TicksPerSecond;
    }
}
