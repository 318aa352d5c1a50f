namespace ComfyStream.Transport.Tcp;

/// <summary>Buffers for connections that have something to send. Owned by the event loop's thread.</summary>
internal sealed class TcpBufferPool
{
    /// <summary>Size of each.</summary>
    public const int BufferBytes = 256 << 10;

    // Connections that keep up need one between them; more are out only while peers are slow.
    private const int MostKept = 16;

    private readonly Stack<byte[]> _free = new(MostKept);

    /// <summary>Buffers that are out.</summary>
    public int Rented { get; private set; }

    public byte[] Rent()
    {
        Rented++;
        return _free.TryPop(out byte[]? buffer) ? buffer : GC.AllocateUninitializedArray<byte>(BufferBytes);
    }

    public void Return(byte[] buffer)
    {
        Rented--;
        if (_free.Count < MostKept)
            _free.Push(buffer);
    }
}
