using System.Numerics;
using ComfyStream.WebRtc.Packetization;

namespace ComfyStream.Transport;

/// <summary>
/// Pool of packetized frames by size, so that not every one of them has to become as large as a key frame. Allocates nothing once
/// warm. Any thread may rent and release.
/// </summary>
public sealed class PacketizedFramePool
{
    private const int SmallestShift = 10;
    private const int LargestShift = 22;

    // What peers keep for a second, of many streams; what does not fit is left to the garbage collector.
    private const int MostKept = 1024;
    private const int MostKeptBytes = 16 << 20;
    private const int LeastKept = 8;

    // A slice's fragments have two bytes of header each and are more than a thousand long.
    private const int OverheadDivisor = 256;
    private const int LeastOverheadBytes = 64;

    private readonly BoundedQueue<PacketizedFrame>[] _free = new BoundedQueue<PacketizedFrame>[LargestShift - SmallestShift + 1];
    private readonly Action<PacketizedFrame> _return;
    private int _rented;

    /// <summary>Makes an empty pool.</summary>
    public PacketizedFramePool()
    {
        _return = Return;
        for (int i = 0; i < _free.Length; i++)
            _free[i] = new BoundedQueue<PacketizedFrame>(Math.Clamp(MostKeptBytes >> (SmallestShift + i), LeastKept, MostKept));
    }

    /// <summary>Frames that are out; 0 after an orderly end, or something leaked.</summary>
    public int RentedCount => Volatile.Read(ref _rented);

    /// <summary>Rents a frame, on which the caller calls <see cref="PacketizedFrame.Begin"/>.</summary>
    /// <param name="codedBytes">Size of the coded frame that is going to be packetized.</param>
    public PacketizedFrame Rent(int codedBytes)
    {
        Interlocked.Increment(ref _rented);
        uint capacity = BitOperations.RoundUpToPowerOf2((uint)(codedBytes + codedBytes / OverheadDivisor + LeastOverheadBytes));
        int shelf = ShelfOf((int)capacity);
        return _free[shelf].TryDequeue(out PacketizedFrame? frame) ? frame : new PacketizedFrame(_return, Math.Max((int)capacity, 1 << SmallestShift));
    }

    // By the power of two below: whatever is taken from a shelf is at least as large as the shelf says.
    private static int ShelfOf(int capacityBytes) => Math.Clamp(BitOperations.Log2((uint)capacityBytes), SmallestShift, LargestShift) - SmallestShift;

    private void Return(PacketizedFrame frame)
    {
        Interlocked.Decrement(ref _rented);
        _free[ShelfOf(frame.CapacityBytes)].TryEnqueue(frame);
    }
}
