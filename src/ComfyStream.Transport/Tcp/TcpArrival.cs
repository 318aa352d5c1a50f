using System.Net.Sockets;

namespace ComfyStream.Transport.Tcp;

/// <summary>A connection on its way to the loop that its first frame names: handed over, nobody else has it any more.</summary>
/// <param name="Socket">Connected; read up to the end of its first frame.</param>
/// <param name="FirstFrame">A Binding request that nobody has authenticated yet, without its length.</param>
internal sealed record TcpArrival(Socket Socket, byte[] FirstFrame) : ILoopWork
{
    /// <inheritdoc/>
    public void Run(EventLoop loop) => loop.Adopt(this);
}
