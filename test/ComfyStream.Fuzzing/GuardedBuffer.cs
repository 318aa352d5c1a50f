using System.Runtime.InteropServices;

namespace ComfyStream.Fuzzing;

/// <summary>Memory whose end is the end of what may be read: one byte further is another page, which ends the process.</summary>
internal sealed unsafe partial class GuardedBuffer : IDisposable
{
    private const int PageBytes = 4096;
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;

    private readonly byte* _start;
    private readonly int _byteCount;

    public GuardedBuffer(int byteCount)
    {
        _byteCount = (byteCount + PageBytes - 1) / PageBytes * PageBytes;
        _start = Map(null, (nuint)(_byteCount + PageBytes), ReadWrite, PrivateAnonymous, -1, 0);
        if ((nint)_start == -1 || Protect(_start + _byteCount, PageBytes, 0) != 0)
            throw new InvalidOperationException("The kernel gives no guarded memory.");
    }

    /// <summary>Copies the bytes to the end of the memory.</summary>
    public Span<byte> Place(ReadOnlySpan<byte> bytes)
    {
        var place = new Span<byte>(_start + _byteCount - bytes.Length, bytes.Length);
        bytes.CopyTo(place);
        return place;
    }

    public void Dispose() => Unmap(_start, (nuint)(_byteCount + PageBytes));

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial byte* Map(byte* address, nuint byteCount, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(byte* address, nuint byteCount, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(byte* address, nuint byteCount);
}
