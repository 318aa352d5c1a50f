using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.InteropServices;

namespace ComfyStream.Transport;

/// <summary>
/// A bounded queue for any number of producers and consumers, without locks and without allocating after construction
/// (Vyukov's array queue: each cell's turn number says whose it is).
/// </summary>
public sealed class BoundedQueue<T>
    where T : notnull
{
    // The sign bit of the enqueue position: setting it makes every later compare-and-swap of a producer fail.
    private const long CompletedBit = long.MinValue;

    private readonly Cell[] _cells;
    private readonly int _mask;
    private PaddedPosition _enqueue;
    private PaddedPosition _dequeue;

    /// <param name="capacity">Most items held; rounded up to a power of two, at least 2.</param>
    public BoundedQueue(int capacity)
    {
        _cells = new Cell[BitOperations.RoundUpToPowerOf2((uint)Math.Max(2, capacity))];
        _mask = _cells.Length - 1;
        for (int i = 0; i < _cells.Length; i++)
            _cells[i].Turn = i;
    }

    /// <summary>Items held, as of some moment during the call.</summary>
    public int Count => (int)Math.Max(0, (Volatile.Read(ref _enqueue.Value) & ~CompletedBit) - Volatile.Read(ref _dequeue.Value));

    /// <summary>
    /// Lets nothing more in. What got in before stays to be taken: it is all there once <see cref="Count"/> is 0 (an item may be
    /// counted a moment before it can be taken).
    /// </summary>
    public void Complete() => Interlocked.Or(ref _enqueue.Value, CompletedBit);

    /// <summary>Adds an item. False when full or completed.</summary>
    public bool TryEnqueue(T item)
    {
        while (true)
        {
            long position = Volatile.Read(ref _enqueue.Value);
            if (position < 0)
                return false;
            ref Cell cell = ref _cells[position & _mask];
            long ahead = Volatile.Read(ref cell.Turn) - position;
            if (ahead < 0)
                return false;
            if (ahead == 0 && Interlocked.CompareExchange(ref _enqueue.Value, position + 1, position) == position)
            {
                cell.Item = item;
                Volatile.Write(ref cell.Turn, position + 1);
                return true;
            }
        }
    }

    /// <summary>Takes the oldest item. False when empty.</summary>
    public bool TryDequeue([NotNullWhen(true)] out T? item)
    {
        while (true)
        {
            long position = Volatile.Read(ref _dequeue.Value);
            ref Cell cell = ref _cells[position & _mask];
            long ahead = Volatile.Read(ref cell.Turn) - (position + 1);
            if (ahead < 0)
            {
                item = default;
                return false;
            }

            if (ahead == 0 && Interlocked.CompareExchange(ref _dequeue.Value, position + 1, position) == position)
            {
                item = cell.Item!;
                cell.Item = default;
                Volatile.Write(ref cell.Turn, position + _cells.Length);
                return true;
            }
        }
    }

    private struct Cell
    {
        public long Turn;
        public T? Item;
    }
}

// A cache line of its own, so that producers and consumers do not disturb each other. Not nested: generic types cannot have
// explicit layout.
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct PaddedPosition
{
    [FieldOffset(64)]
    public long Value;
}
