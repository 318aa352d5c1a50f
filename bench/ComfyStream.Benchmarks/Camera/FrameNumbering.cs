namespace ComfyStream.Benchmarks.Camera;

/// <summary>
/// Writes a picture's number into its RTP timestamp, so that a viewer's picture is matched to the publisher's without decoding it:
/// every picture of a cycle is late by one step more than the one before. The relay keeps timestamps' distances through decoding,
/// workflow and encoding.
/// </summary>
internal static class FrameNumbering
{
    /// <summary>Pictures after which the numbers repeat: two seconds, more than a picture is ever under way.</summary>
    public const int Cycle = 60;

    private const int ClockRate = 90_000;

    // 0.1 ms: above the rounding of several clocks, and 6 ms in all, less than the jitter of a camera.
    private const int StepTicks = 9;

    /// <summary>What is added to the media time of a picture.</summary>
    public static TimeSpan Lateness(long number) => TimeSpan.FromTicks(number % Cycle * StepTicks * TimeSpan.TicksPerSecond / ClockRate);

    /// <summary>
    /// The pictures that a viewer received, as (number modulo the cycle); null when their times do not follow the numbering, or are too few.
    /// </summary>
    public static int[]? Recognise(ReadOnlySpan<TimeSpan> mediaTimes, int framesPerSecond)
    {
        if (mediaTimes.Length < Cycle)
            return null;

        double period = (double)ClockRate / framesPerSecond;
        int[] steps = new int[mediaTimes.Length];
        int least = 0;
        for (int i = 0; i < mediaTimes.Length; i++)
        {
            double ticks = (mediaTimes[i] - mediaTimes[0]).TotalSeconds * ClockRate;
            double late = ticks - Math.Round(ticks / period) * period;
            steps[i] = (int)Math.Round(late / StepTicks);
            if (Math.Abs(late - steps[i] * StepTicks) > StepTicks / 3.0)
                return null;
            least = Math.Min(least, steps[i]);
        }

        // The cycle's first picture is the one that is least late.
        for (int i = 0; i < steps.Length; i++)
            steps[i] -= least;
        return Array.TrueForAll(steps, step => step is >= 0 and < Cycle) ? steps : null;
    }
}
