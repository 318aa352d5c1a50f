namespace ComfyStream.WebRtc.Ice;

/// <summary>
/// The paths on which the peer has proved that it knows the password, in the order in which it did, and which of them is selected.
/// Those of the ICE session before a restart come first, until they are removed. Bounded: the oldest path that is not selected makes
/// room for a new one.
/// </summary>
internal sealed class ValidatedPathTable
{
    public const int Capacity = 16;
    private const int None = -1;

    private Entry[] _entries = new Entry[1];
    private int _count;
    private int _oldCount;
    private int _selected = None;
    private int _nominations;

    /// <summary>Paths that made room for newer ones.</summary>
    public long EvictedCount { get; private set; }

    /// <summary>Whether paths of the session before are left.</summary>
    public bool HasOld => _oldCount > 0;

    public bool Contains(in TransportPath path) =>
        (_selected != None && _entries[_selected].Path == path) || IndexOf(path) != None;

    /// <summary>After a restart: every path is now of the session before, until it is proved anew.</summary>
    public void BeginSession() => _oldCount = _count;

    /// <summary>Adds a path, or takes one of the session before over into this one.</summary>
    public void Add(in TransportPath path, bool isOld)
    {
        int index = IndexOf(path);
        if (index != None && (isOld || index >= _oldCount))
            return;

        bool wasSelected = index != None && index == _selected;
        var entry = new Entry { Path = path, Nomination = index == None ? 0 : _entries[index].Nomination };
        if (index != None)
            RemoveAt(index);
        else if (_count == Capacity)
            EvictOldest();
        Insert(entry, isOld ? _oldCount : _count, isOld);
        if (wasSelected)
            _selected = _count - 1;
    }

    /// <summary>Selects a path, which is added if it is new.</summary>
    public void Select(in TransportPath path, bool isOld)
    {
        Add(path, isOld);
        _selected = IndexOf(path);
        _entries[_selected].Nomination = ++_nominations;
    }

    /// <summary>Removes a path that has ended. If it was selected, the one that was before it is again, if it is still there.</summary>
    public void Remove(in TransportPath path)
    {
        int index = IndexOf(path);
        if (index == None)
            return;

        bool wasSelected = index == _selected;
        RemoveAt(index);
        if (wasSelected)
            _selected = IndexOfLastNominated();
    }

    /// <summary>Removes the paths of the session before; the selected one stays.</summary>
    public void RemoveOld()
    {
        for (int index = _oldCount - 1; index >= 0; index--)
        {
            if (index != _selected)
                RemoveAt(index);
        }
    }

    public bool TryGetSelected(out TransportPath path)
    {
        path = _selected == None ? default : _entries[_selected].Path;
        return _selected != None;
    }

    public bool TryGetFirst(out TransportPath path)
    {
        path = _entries[0].Path;
        return _count > 0;
    }

    private int IndexOf(in TransportPath path)
    {
        for (int index = 0; index < _count; index++)
        {
            if (_entries[index].Path == path)
                return index;
        }

        return None;
    }

    private int IndexOfLastNominated()
    {
        int last = None;
        for (int index = 0; index < _count; index++)
        {
            if (_entries[index].Nomination > (last == None ? 0 : _entries[last].Nomination))
                last = index;
        }

        return last;
    }

    private void EvictOldest()
    {
        RemoveAt(_selected == 0 ? 1 : 0);
        EvictedCount++;
    }

    private void Insert(in Entry entry, int index, bool isOld)
    {
        if (_count == _entries.Length)
            Array.Resize(ref _entries, Math.Min(Capacity, 2 * _count));
        _entries.AsSpan(index, _count - index).CopyTo(_entries.AsSpan(index + 1));
        _entries[index] = entry;
        _count++;
        if (isOld)
            _oldCount++;
        if (_selected >= index)
            _selected++;
    }

    private void RemoveAt(int index)
    {
        _entries.AsSpan(index + 1, _count - index - 1).CopyTo(_entries.AsSpan(index));
        _count--;
        if (index < _oldCount)
            _oldCount--;
        if (_selected == index)
            _selected = None;
        else if (_selected > index)
            _selected--;
    }

    private struct Entry
    {
        public TransportPath Path;

        /// <summary>Which nomination of the peer, counted from 1, selected it last; 0: none has.</summary>
        public int Nomination;
    }
}
