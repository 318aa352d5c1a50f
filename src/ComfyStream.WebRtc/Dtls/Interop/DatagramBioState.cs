namespace ComfyStream.WebRtc.Dtls.Interop;

/// <summary>What libssl's callbacks need of a session, in native memory.</summary>
internal unsafe struct DatagramBioState
{
    /// <summary>The datagram being handled: the caller's memory, pinned for the length of the call.</summary>
    public byte* Incoming;

    /// <summary>Zero once libssl has read it.</summary>
    public int IncomingBytes;

    /// <summary>Datagrams that libssl got to see.</summary>
    public long ReadDatagrams;

    /// <summary>Records that were not shown to libssl.</summary>
    public long DroppedRecords;

    /// <summary>Datagrams that libssl wrote and the owner has not taken yet.</summary>
    public DatagramQueue Outgoing;

    /// <summary>What the peer's certificate is checked against, and the outcome.</summary>
    public PeerCertificateCheck PeerCertificate;
}
