using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ComfyStream.Transport.Interop;

/// <summary>Waits for many descriptors at once, each known by a number. Itself a descriptor that is readable while one of them is ready. Owned by one thread.</summary>
internal sealed unsafe class Epoll : IDisposable
{
    private const int MostEvents = 64;

    // struct epoll_event is packed on x86 only.
    private static readonly int _dataOffset = RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86 ? 4 : 8;
    private static readonly int _eventBytes = _dataOffset + sizeof(long);

    private readonly SafeFileHandle _handle;
    private readonly byte[] _events = new byte[MostEvents * _eventBytes];

    public Epoll()
    {
        Descriptor = LibC.CreateEpoll(LibC.EpollCloseOnExec);
        if (Descriptor < 0)
            throw new InvalidOperationException($"The kernel gave no epoll descriptor: {Marshal.GetLastPInvokeErrorMessage()}. Raise the limit of open files (ulimit -n).");
        _handle = new SafeFileHandle(Descriptor, ownsHandle: true);
    }

    /// <summary>The descriptor to poll.</summary>
    public int Descriptor { get; }

    /// <summary>Watches a descriptor for <see cref="LibC.EpollIn"/> and the like; its end is always told. Closing it ends that. False when the kernel refuses.</summary>
    public bool Add(int descriptor, long id, uint events) => Control(LibC.EpollAdd, descriptor, id, events);

    /// <summary>Watches it for something else.</summary>
    public void Modify(int descriptor, long id, uint events) => Control(LibC.EpollModify, descriptor, id, events);

    /// <summary>Looks which are ready, without waiting: some of them, others the next time. Returns how many <see cref="Get"/> has.</summary>
    public int Wait()
    {
        fixed (byte* events = _events)
            return Math.Max(0, LibC.WaitEpoll(Descriptor, events, MostEvents, 0));
    }

    /// <summary>One of those that are ready, and for what.</summary>
    public (long Id, uint Events) Get(int index)
    {
        ReadOnlySpan<byte> bytes = _events.AsSpan(index * _eventBytes, _eventBytes);
        return (MemoryMarshal.Read<long>(bytes[_dataOffset..]), MemoryMarshal.Read<uint>(bytes));
    }

    public void Dispose() => _handle.Dispose();

    private bool Control(int operation, int descriptor, long id, uint events)
    {
        Span<byte> bytes = stackalloc byte[_eventBytes];
        bytes.Clear();
        MemoryMarshal.Write(bytes, events);
        MemoryMarshal.Write(bytes[_dataOffset..], id);
        fixed (byte* address = bytes)
            return LibC.ControlEpoll(Descriptor, operation, descriptor, address) == 0;
    }
}
