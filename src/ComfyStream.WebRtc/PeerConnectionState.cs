namespace ComfyStream.WebRtc;

/// <summary>The states of RTCPeerConnection.connectionState (W3C WebRTC 4.3.3); lower-cased they are the words of the statistics.</summary>
public enum PeerConnectionState
{
    /// <summary>No datagram of the peer has been accepted yet.</summary>
    New,

    /// <summary>ICE or DTLS is under way.</summary>
    Connecting,

    /// <summary>DTLS is done and media may flow.</summary>
    Connected,

    /// <summary>Nothing authenticated has come for a while; it may recover.</summary>
    Disconnected,

    /// <summary>The connection could not be made, or was lost.</summary>
    Failed,

    /// <summary>Closed by either side.</summary>
    Closed,
}
