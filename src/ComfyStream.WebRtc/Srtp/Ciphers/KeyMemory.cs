using System.Runtime.InteropServices;

namespace ComfyStream.WebRtc.Srtp.Ciphers;

/// <summary>A cache-line aligned block of native memory for key schedules, which the garbage collector never copies; wiped when freed.</summary>
internal sealed unsafe class KeyMemory : IDisposable
{
    private const int CacheLineBytes = 64;

    private readonly int _byteCount;
    private byte* _start;

    public KeyMemory(int byteCount)
    {
        _byteCount = byteCount;
        _start = (byte*)NativeMemory.AlignedAlloc((nuint)byteCount, CacheLineBytes);
        NativeMemory.Clear(_start, (nuint)byteCount);
    }

    ~KeyMemory() => Free();

    /// <summary>The block. A caller that outlives its last use of this object by raw pointer keeps it alive (<see cref="GC.KeepAlive"/>).</summary>
    public byte* Start
    {
        get
        {
            ObjectDisposedException.ThrowIf(_start == null, this);
            return _start;
        }
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_start == null)
            return;
        NativeMemory.Clear(_start, (nuint)_byteCount);
        NativeMemory.AlignedFree(_start);
        _start = null;
    }
}
