using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ComfyStream.EndToEnd.Links;

/// <summary>A network device whose packets this process reads and writes. It vanishes with its descriptor, in whichever namespace it is.</summary>
internal sealed partial class TunDevice : IDisposable
{
    public const string Path = "/dev/net/tun";

    /// <summary>Largest packet: the device's MTU.</summary>
    public const int MostBytes = 1500;

    private const int ReadWrite = 0x0002, NonBlocking = 0x0800, CloseOnExec = 0x80000;
    private const nuint SetInterface = 0x400454CA;
    private const short TunWithoutPacketInformation = 0x1001;
    private const int NameBytes = 16, RequestBytes = 40;
    private const int WouldBlock = 11;

    private readonly SafeFileHandle _handle;

    private TunDevice(SafeFileHandle handle, string name) => (_handle, Name) = (handle, name);

    /// <summary>Name of the interface.</summary>
    public string Name { get; }

    /// <summary>For poll.</summary>
    public int Descriptor => (int)_handle.DangerousGetHandle();

    /// <param name="name">Of the interface, at most 15 letters.</param>
    /// <exception cref="Win32Exception">The machine or the user's rights do not allow it.</exception>
    public static TunDevice Open(string name)
    {
        var handle = new SafeFileHandle(Open(Path, ReadWrite | NonBlocking | CloseOnExec), ownsHandle: true);
        if (handle.IsInvalid)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"{Path} cannot be opened");
        Span<byte> request = stackalloc byte[RequestBytes];
        request.Clear();
        Encoding.ASCII.GetBytes(name, request[..(NameBytes - 1)]);
        MemoryMarshal.Write(request[NameBytes..], TunWithoutPacketInformation);
        if (Control(handle, SetInterface, ref MemoryMarshal.GetReference(request)) == 0)
            return new TunDevice(handle, name);

        int error = Marshal.GetLastPInvokeError();
        handle.Dispose();
        throw new Win32Exception(error, $"the network device {name} cannot be made");
    }

    /// <summary>The next packet that the kernel routed into the device. False when none waits.</summary>
    public bool TryRead(Span<byte> packet, out int byteCount)
    {
        byteCount = (int)Read(_handle, ref MemoryMarshal.GetReference(packet), (nuint)packet.Length);
        if (byteCount > 0)
            return true;
        int error = Marshal.GetLastPInvokeError();
        return byteCount < 0 && error != WouldBlock ? throw new Win32Exception(error, $"{Name} cannot be read") : false;
    }

    /// <summary>Gives the kernel a packet as if it had come over the device. False when it does not take it: the interface is down.</summary>
    public bool TryWrite(ReadOnlySpan<byte> packet) =>
        Write(_handle, ref MemoryMarshal.GetReference(packet), (nuint)packet.Length) == packet.Length;

    public void Dispose() => _handle.Dispose();

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(SafeFileHandle handle, nuint request, ref byte argument);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(SafeFileHandle handle, ref byte buffer, nuint byteCount);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(SafeFileHandle handle, ref readonly byte buffer, nuint byteCount);
}
