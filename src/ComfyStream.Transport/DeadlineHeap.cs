namespace ComfyStream.Transport;

/// <summary>
/// A loop's deadlines in order: a binary heap in which each entry knows its place, so that moving one allocates nothing. Owned by
/// the loop's thread.
/// </summary>
internal sealed class DeadlineHeap<T>
    where T : DeadlineEntry
{
    private T[] _entries = new T[64];

    /// <summary>Entries that have a deadline.</summary>
    public int Count { get; private set; }

    /// <summary>The earliest deadline; <see cref="TimeSpan.MaxValue"/> for none.</summary>
    public TimeSpan Next => Count == 0 ? TimeSpan.MaxValue : _entries[0].Deadline;

    /// <summary>The entry whose deadline is the earliest; only while <see cref="Count"/> is not 0.</summary>
    public T Earliest => _entries[0];

    /// <summary>Gives the entry this deadline; <see cref="TimeSpan.MaxValue"/> takes it out.</summary>
    public void Set(T entry, TimeSpan deadline)
    {
        if (entry.Deadline == deadline)
            return;

        entry.Deadline = deadline;
        if (deadline == TimeSpan.MaxValue)
        {
            Remove(entry);
            return;
        }

        if (entry.HeapIndex < 0)
        {
            if (Count == _entries.Length)
                Array.Resize(ref _entries, Count * 2);
            Place(entry, Count++);
        }

        Settle(entry);
    }

    /// <summary>Takes the entry out, if it is in.</summary>
    public void Remove(T entry)
    {
        entry.Deadline = TimeSpan.MaxValue;
        int index = entry.HeapIndex;
        if (index < 0)
            return;

        entry.HeapIndex = -1;
        T last = _entries[--Count];
        _entries[Count] = null!;
        if (last == entry)
            return;

        Place(last, index);
        Settle(last);
    }

    private void Settle(T entry)
    {
        int index = entry.HeapIndex;
        while (index > 0 && entry.Deadline < _entries[(index - 1) / 2].Deadline)
        {
            Place(_entries[(index - 1) / 2], index);
            index = (index - 1) / 2;
        }

        while ((2 * index) + 1 < Count)
        {
            int child = (2 * index) + 1;
            if (child + 1 < Count && _entries[child + 1].Deadline < _entries[child].Deadline)
                child++;
            if (entry.Deadline <= _entries[child].Deadline)
                break;
            Place(_entries[child], index);
            index = child;
        }

        Place(entry, index);
    }

    private void Place(T entry, int index)
    {
        _entries[index] = entry;
        entry.HeapIndex = index;
    }
}
