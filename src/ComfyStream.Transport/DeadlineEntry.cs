namespace ComfyStream.Transport;

/// <summary>Something with a deadline, which knows its place in the <see cref="DeadlineHeap{T}"/>.</summary>
internal class DeadlineEntry
{
    /// <summary>When it is due; <see cref="TimeSpan.MaxValue"/> while not in the heap. Set by the heap.</summary>
    public TimeSpan Deadline { get; set; } = TimeSpan.MaxValue;

    /// <summary>Index in the heap, -1 when not in it. Set by the heap.</summary>
    public int HeapIndex { get; set; } = -1;
}
