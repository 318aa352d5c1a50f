namespace ComfyStream.Streaming.Pipeline;

/// <summary>What became of a publisher's pictures.</summary>
/// <param name="Processed">They left a workflow, or were forwarded.</param>
/// <param name="Replaced">A newer one replaced them before they were processed.</param>
/// <param name="Failed">The workflow failed on them, or the decoder had no time.</param>
/// <param name="Late">Their result came after its deadline.</param>
/// <param name="Hung">Their processing took so long that it was asked to end.</param>
/// <param name="Abandoned">Of these, it did not end.</param>
internal readonly record struct FrameCounts(long Processed, long Replaced, long Failed, long Late, long Hung, long Abandoned)
{
    public static FrameCounts operator +(FrameCounts one, FrameCounts other) => new(
        one.Processed + other.Processed, one.Replaced + other.Replaced, one.Failed + other.Failed, one.Late + other.Late,
        one.Hung + other.Hung, one.Abandoned + other.Abandoned);
}
