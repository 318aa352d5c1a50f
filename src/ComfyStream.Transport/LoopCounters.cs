namespace ComfyStream.Transport;

/// <summary>What a loop has counted since it began.</summary>
/// <param name="DatagramsReceived">Datagrams received, and packets over TCP.</param>
/// <param name="DatagramsSent">Datagrams (segments counted singly) sent.</param>
/// <param name="BytesReceived">Payload bytes of UDP and TCP received.</param>
/// <param name="BytesSent">Payload bytes of UDP sent.</param>
/// <param name="DatagramsDropped">Received datagrams that belong to no peer, are empty or too long, or of a handshake for which there was no room.</param>
/// <param name="SendFailures">Datagrams that the kernel refused, or that found no room in the bounded queue while its buffer was full.</param>
/// <param name="Peers">Peers on the loop.</param>
/// <param name="MessagesSent">Messages that the datagrams sent left in: a segmented one carries several.</param>
/// <param name="TcpConnections">TCP connections of the peers.</param>
/// <param name="TcpPacketsDropped">Packets for TCP connections whose bounded queue was full, or that had ended.</param>
public readonly record struct LoopCounters(
    long DatagramsReceived, long DatagramsSent, long BytesReceived, long BytesSent, long DatagramsDropped, long SendFailures, int Peers,
    long MessagesSent, int TcpConnections, long TcpPacketsDropped);
