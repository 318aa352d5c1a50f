namespace ComfyStream.WebRtc.Srtp;

/// <summary>
/// The replay windows of the SSRCs that a peer sends under, at most <see cref="Capacity"/>. An SSRC enters only by an authenticated
/// packet and never leaves: were it forgotten, its packets could be replayed.
/// </summary>
internal sealed class SrtpStreamTable
{
    public const int Capacity = 16;

    private const int Unknown = -1;

    private Entry[] _entries = [];
    private int _count;

    /// <summary>Whether another SSRC could enter.</summary>
    public bool HasRoom => _count < Capacity;

    /// <summary>The SSRC's place, or a negative number.</summary>
    public int IndexOf(uint ssrc)
    {
        for (var i = 0; i < _count; i++)
            if (_entries[i].Ssrc == ssrc)
                return i;
        return Unknown;
    }

    public ref readonly ReplayWindow WindowAt(int place) => ref _entries[place].Window;

    /// <summary>Takes note of an authenticated packet: at the place that <see cref="IndexOf"/> gave, or in a new one if it gave none.</summary>
    public void Accept(int place, uint ssrc, ulong packetIndex)
    {
        if (place < 0)
        {
            if (_count == _entries.Length)
                Array.Resize(ref _entries, Math.Min(Capacity, Math.Max(2, 2 * _count)));
            place = _count++;
            _entries[place].Ssrc = ssrc;
        }
        _entries[place].Window.Accept(packetIndex);
    }

    private struct Entry
    {
        public uint Ssrc;
        public ReplayWindow Window;
    }
}
