using System.Runtime.InteropServices;

namespace ComfyStream.Transport.Interop;

/// <summary>The Linux system calls that the base library does not offer: batched and segmented datagrams, ppoll, eventfd, epoll.</summary>
internal static unsafe partial class LibC
{
    public const int AfInet = 2;
    public const int AfInet6 = 10;

    public const int SolIp = 0;
    public const int SolSocket = 1;
    public const int SolTcp = 6;
    public const int SolUdp = 17;
    public const int SolIpv6 = 41;

    public const int IpPktInfo = 8;
    public const int SoLinger = 13;
    public const int SoSndBufForce = 32;
    public const int SoRcvBufForce = 33;
    public const int Ipv6RecvPktInfo = 49;
    public const int Ipv6PktInfo = 50;
    public const int TcpNotSentLowWater = 25;
    public const int UdpSegment = 103;
    public const int UdpGro = 104;

    public const int MsgTrunc = 0x20;
    public const int MsgDontWait = 0x40;
    public const int MsgNoSignal = 0x4000;

    public const int ShutBoth = 2;

    public const int EIo = 5;
    public const int EIntr = 4;
    public const int EAgain = 11;
    public const int EInval = 22;

    public const short PollIn = 1;
    public const short PollOut = 4;

    public const int EpollCloseOnExec = 0x80000;
    public const int EpollAdd = 1;
    public const int EpollModify = 3;
    public const uint EpollIn = 1;
    public const uint EpollOut = 4;

    public const int EfdNonBlockCloseOnExec = 0x80800;
    public const int PrSetTimerSlack = 29;

    [LibraryImport("libc", EntryPoint = "recvmmsg", SetLastError = true)]
    public static partial int ReceiveMany(int socket, MessageHeader* messages, uint count, int flags, void* timeout);

    [LibraryImport("libc", EntryPoint = "sendmmsg", SetLastError = true)]
    public static partial int SendMany(int socket, MessageHeader* messages, uint count, int flags);

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    public static partial nint ReceiveOne(int socket, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    public static partial nint SendOne(int socket, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetSocketOption(int socket, int level, int option, int* value, uint byteCount);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int socket, byte* buffer, nuint byteCount, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int socket, byte* buffer, nuint byteCount, int flags);

    [LibraryImport("libc", EntryPoint = "shutdown", SetLastError = true)]
    public static partial int ShutDown(int socket, int how);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int CreateEpoll(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int ControlEpoll(int epoll, int operation, int descriptor, byte* epollEvent);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int WaitEpoll(int epoll, byte* events, int count, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "ppoll", SetLastError = true)]
    public static partial int Poll(PollDescriptor* descriptors, nuint count, TimeSpec* timeout, void* signalMask);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial int CreateEvent(uint value, int flags);

    [LibraryImport("libc", EntryPoint = "read")]
    public static partial nint Read(int descriptor, void* buffer, nuint byteCount);

    [LibraryImport("libc", EntryPoint = "write")]
    public static partial nint Write(int descriptor, void* buffer, nuint byteCount);

    [LibraryImport("libc", EntryPoint = "prctl")]
    public static partial int ControlProcess(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);
}

/// <summary>struct iovec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVector
{
    public byte* Base;
    public nuint ByteCount;
}

/// <summary>struct mmsghdr of 64-bit Linux: a msghdr (56 bytes), and the byte count that recvmmsg and sendmmsg write.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal unsafe struct MessageHeader
{
    [FieldOffset(0)]
    public byte* Name;

    [FieldOffset(8)]
    public uint NameByteCount;

    [FieldOffset(16)]
    public IoVector* Vectors;

    [FieldOffset(24)]
    public nuint VectorCount;

    [FieldOffset(32)]
    public byte* Control;

    [FieldOffset(40)]
    public nuint ControlByteCount;

    [FieldOffset(48)]
    public int Flags;

    [FieldOffset(56)]
    public uint TransferredBytes;
}

/// <summary>struct cmsghdr; its data follows.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ControlHeader
{
    public nuint ByteCount;
    public int Level;
    public int Type;
}

/// <summary>struct pollfd.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollDescriptor
{
    public int Descriptor;
    public short Events;
    public short Returned;
}

/// <summary>struct linger.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Linger
{
    public int IsOn;
    public int Seconds;
}

/// <summary>struct timespec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TimeSpec
{
    public long Seconds;
    public long Nanoseconds;
}
