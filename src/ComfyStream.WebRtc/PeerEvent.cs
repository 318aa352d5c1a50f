namespace ComfyStream.WebRtc;

/// <summary>What happened at a peer, taken by <see cref="PeerConnection.TryGetEvent"/>.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Media">The section concerned, for <see cref="PeerEventKind.FrameReceived"/> and <see cref="PeerEventKind.KeyFrameRequested"/>.</param>
public readonly record struct PeerEvent(PeerEventKind Kind, MediaKind Media = default);

/// <summary>The kinds of <see cref="PeerEvent"/>.</summary>
public enum PeerEventKind
{
    /// <summary><see cref="PeerConnection.State"/> changed.</summary>
    StateChanged,

    /// <summary>A complete frame waits: take it with <see cref="PeerConnection.TryReadFrame"/> before the next datagram is handled.</summary>
    FrameReceived,

    /// <summary>The peer asked for a key frame (PLI or FIR).</summary>
    KeyFrameRequested,

    /// <summary>A frame of the peer was lost for good; what follows needs a key frame.</summary>
    FrameLost,
}
