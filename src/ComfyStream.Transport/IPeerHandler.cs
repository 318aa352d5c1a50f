using ComfyStream.WebRtc;

namespace ComfyStream.Transport;

/// <summary>Receives what happens at one peer; every call comes on the peer's event loop and must not block.</summary>
public interface IPeerHandler
{
    /// <summary>An event of the peer. Frames are taken from <paramref name="peer"/> here.</summary>
    void OnPeerEvent(EventLoop loop, PeerConnection peer, PeerEvent peerEvent);

    /// <summary>The peer ended (its state is Failed or Closed) and has been taken off the loop; it is disposed after this call.</summary>
    void OnPeerClosed(EventLoop loop, PeerConnection peer);
}
