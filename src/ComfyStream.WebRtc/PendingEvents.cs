namespace ComfyStream.WebRtc;

/// <summary>
/// The events that have not been taken yet: each kind at most once, since each says "look here", so that there is no queue to bound.
/// </summary>
internal struct PendingEvents
{
    private byte _pending;
    private MediaKind _receivedMedia;

    /// <summary>Adds an event, if one of its kind does not wait already.</summary>
    public void Add(PeerEventKind kind, MediaKind media)
    {
        _pending |= (byte)(1 << (int)kind);
        if (kind == PeerEventKind.FrameReceived)
            _receivedMedia = media;
    }

    /// <summary>Takes an event; state changes come first.</summary>
    public bool TryTake(out PeerEvent peerEvent)
    {
        peerEvent = default;
        if (_pending == 0)
            return false;

        var kind = (PeerEventKind)System.Numerics.BitOperations.TrailingZeroCount(_pending);
        _pending &= (byte)(_pending - 1);
        MediaKind media = kind switch
        {
            PeerEventKind.FrameReceived => _receivedMedia,
            PeerEventKind.StateChanged => default,
            _ => MediaKind.Video,
        };
        peerEvent = new PeerEvent(kind, media);
        return true;
    }
}
