namespace ComfyStream.Transport;

/// <summary>How datagrams go to and from the kernel. Each mode does the same at more cost than the one before.</summary>
public enum SocketMode
{
    /// <summary>
    /// Many datagrams a system call, and several to one destination as one message that the kernel or the network card cuts
    /// (sendmmsg with UDP_SEGMENT, Linux 4.18); received likewise where the kernel coalesces (recvmmsg with UDP_GRO, Linux 5.0).
    /// </summary>
    Segmented,

    /// <summary>Many datagrams a system call (sendmmsg, recvmmsg).</summary>
    Batched,

    /// <summary>One datagram a system call (sendmsg, recvmsg), as .NET's own sockets do: where the batched calls are forbidden or missing.</summary>
    Plain,
}
