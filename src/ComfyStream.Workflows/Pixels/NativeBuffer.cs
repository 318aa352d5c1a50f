using System.Runtime.InteropServices;

namespace ComfyStream.Workflows.Pixels;

/// <summary>64-byte aligned native memory with 64 more readable and writable bytes at its end, for vectors that run over it.</summary>
internal sealed unsafe class NativeBuffer<T> : IDisposable
    where T : unmanaged
{
    private const int Align = 64;

    public NativeBuffer()
    {
    }

    public NativeBuffer(int length) => EnsureLength(length);

    public T* Pointer { get; private set; }

    public int Length { get; private set; }

    /// <summary>Makes it at least that long; its contents, when it grows, become zero.</summary>
    public void EnsureLength(int length)
    {
        if (length <= Length)
            return;
        Dispose();
        nuint bytes = (nuint)length * (nuint)sizeof(T) + Align;
        Pointer = (T*)NativeMemory.AlignedAlloc(bytes, Align);
        NativeMemory.Clear(Pointer, bytes);
        Length = length;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
        Length = 0;
    }
}
