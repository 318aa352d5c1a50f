using ComfyStream.WebRtc.Packetization;

namespace ComfyStream.Streaming.Streams;

/// <summary>
/// The pictures of one rendition since its last key frame, kept for viewers who join: they cannot decode what comes next without
/// them. Empty when there was none, or more than a joining viewer should be given at once. Owned by one event loop.
/// </summary>
internal sealed class GroupOfPictures
{
    private const int MostFrames = 120;
    private const int MostBytes = 1 << 20;
    private static readonly TimeSpan LongestSpan = TimeSpan.FromSeconds(2);

    private readonly List<OutputFrame> _frames = [];
    private int _byteCount;

    /// <summary>The pictures, in the order in which they were sent.</summary>
    public IReadOnlyList<OutputFrame> Frames => _frames;

    /// <summary>What they are; null when there are none.</summary>
    public Rendition? Rendition => _frames.Count == 0 ? null : _frames[0].Rendition;

    /// <summary>When the newest was sent.</summary>
    public TimeSpan NewestSent { get; private set; }

    /// <summary>Adds a picture that is sent now (takes a reference of its own); a key frame replaces all before it.</summary>
    public void Add(in OutputFrame frame, TimeSpan now)
    {
        PacketizedFrame packets = frame.Packets;
        if (packets.IsKeyFrame)
            Clear();
        else if (frame.Rendition != Rendition)
            return;

        _byteCount += packets.Payloads.Length;
        if (_frames.Count == MostFrames || _byteCount > MostBytes || IsTooLong(packets))
        {
            Clear();
            return;
        }

        packets.AddReference();
        _frames.Add(frame);
        NewestSent = now;
    }

    /// <summary>Gives all pictures back.</summary>
    public void Clear()
    {
        foreach (OutputFrame frame in _frames)
            frame.Packets.Release();
        _frames.Clear();
        _byteCount = 0;
    }

    private bool IsTooLong(PacketizedFrame newest) => _frames.Count > 0 && newest.MediaTime - _frames[0].Packets.MediaTime > LongestSpan;
}
