namespace ComfyStream.WebRtc.Ice;

/// <summary>
/// The paths on which the peer has proved that it knows the password, in the order in which it did, and which of them is selected.
/// Bounded: the oldest path that is not selected makes room for a new one.
/// </summary>
internal sealed class ValidatedPathTable
{
    public const int Capacity = 16;
    private const int None = -1;

    private TransportPath[] _paths = new TransportPath[1];
    private int _count;
    private int _selected = None;

    /// <summary>Paths that made room for newer ones.</summary>
    public long EvictedCount { get; private set; }

    public bool Contains(in TransportPath path) =>
        (_selected != None && _paths[_selected] == path) || IndexOf(path) != None;

    public void Add(in TransportPath path)
    {
        if (IndexOf(path) != None)
            return;
        if (_count == Capacity)
            EvictOldest();
        if (_count == _paths.Length)
            Array.Resize(ref _paths, Math.Min(Capacity, 2 * _count));
        _paths[_count++] = path;
    }

    /// <summary>Selects a path, which is added if it is new.</summary>
    public void Select(in TransportPath path)
    {
        Add(path);
        _selected = IndexOf(path);
    }

    public bool TryGetSelected(out TransportPath path)
    {
        path = _selected == None ? default : _paths[_selected];
        return _selected != None;
    }

    public bool TryGetFirst(out TransportPath path)
    {
        path = _paths[0];
        return _count > 0;
    }

    private int IndexOf(in TransportPath path)
    {
        for (int index = 0; index < _count; index++)
        {
            if (_paths[index] == path)
                return index;
        }

        return None;
    }

    private void EvictOldest()
    {
        int oldest = _selected == 0 ? 1 : 0;
        _paths.AsSpan(oldest + 1).CopyTo(_paths.AsSpan(oldest));
        _count--;
        if (_selected > oldest)
            _selected--;
        EvictedCount++;
    }
}
