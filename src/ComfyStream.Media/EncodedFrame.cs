namespace ComfyStream.Media;

/// <summary>
/// One coded picture (access unit) or sound packet in a pooled buffer. Counted: whoever keeps it takes a reference, the last
/// <see cref="Release"/> returns it to its <see cref="EncodedFramePool"/>. Immutable once it was handed on.
/// </summary>
public sealed class EncodedFrame
{
    private readonly EncodedFramePool _pool;
    private readonly byte[] _buffer;
    private int _references;

    internal EncodedFrame(EncodedFramePool pool, int capacityBytes)
    {
        _pool = pool;
        _buffer = GC.AllocateUninitializedArray<byte>(capacityBytes);
    }

    /// <summary>The codec of <see cref="Data"/>.</summary>
    public MediaCodec Codec { get; set; }

    /// <summary>Capture time on the stream's timeline.</summary>
    public TimeSpan MediaTime { get; set; }

    /// <summary>Whether decoding can start here.</summary>
    public bool IsKeyFrame { get; set; }

    /// <summary>When the first packet of the source frame arrived (monotonic).</summary>
    public TimeSpan FirstArrival { get; set; }

    /// <summary>When the last packet of the source frame arrived (monotonic).</summary>
    public TimeSpan LastArrival { get; set; }

    /// <summary>Bytes used.</summary>
    public int ByteCount { get; private set; }

    internal int CapacityBytes => _buffer.Length;

    /// <summary>The coded bytes.</summary>
    public ReadOnlySpan<byte> Data => _buffer.AsSpan(0, ByteCount);

    /// <summary>The same bytes, for the producer to fill before it hands the frame on.</summary>
    public Span<byte> WritableData => _buffer.AsSpan(0, ByteCount);

    internal void Begin(int byteCount)
    {
        ByteCount = byteCount;
        IsKeyFrame = false;
        _references = 1;
    }

    /// <summary>Takes one more reference.</summary>
    public void AddReference() => Interlocked.Increment(ref _references);

    /// <summary>Gives one reference back.</summary>
    public void Release()
    {
        int left = Interlocked.Decrement(ref _references);
        if (left == 0)
            _pool.Return(this);
        else if (left < 0)
            throw new InvalidOperationException("An encoded frame was released more often than it was referenced.");
    }
}
