using ComfyStream.Transport;
using ComfyStream.WebRtc.Packetization;

namespace ComfyStream.Streaming.Streams;

/// <summary>Pool of packetized frames: allocates nothing once warm. Any thread may rent and release.</summary>
internal sealed class PacketizedFramePool
{
    // Two seconds of 60 fps video with sound, of several streams; what does not fit is left to the garbage collector.
    private const int Kept = 1024;

    private readonly BoundedQueue<PacketizedFrame> _free = new(Kept);
    private readonly Action<PacketizedFrame> _return;
    private int _rented;

    public PacketizedFramePool() => _return = Return;

    /// <summary>Frames that are out; 0 after an orderly end, or something leaked.</summary>
    public int RentedCount => Volatile.Read(ref _rented);

    /// <summary>Rents a frame, on which the caller calls <see cref="PacketizedFrame.Begin"/>.</summary>
    public PacketizedFrame Rent()
    {
        Interlocked.Increment(ref _rented);
        return _free.TryDequeue(out PacketizedFrame? frame) ? frame : new PacketizedFrame(_return);
    }

    private void Return(PacketizedFrame frame)
    {
        Interlocked.Decrement(ref _rented);
        _free.TryEnqueue(frame);
    }
}
