namespace ComfyStream.WebRtc;

/// <summary>
/// Decides from what was authenticated, and when, whether a connection comes about, pauses or is lost. STUN and media count alike:
/// FFmpeg sends no more checks after connecting, others send no media. Owned by the peer's thread.
/// </summary>
internal sealed class Liveness(PeerOptions options, TimeSpan created)
{
    private TimeSpan _lastHeard;
    private TimeSpan _firstHeard;
    private bool _heard;

    /// <summary>Whether the DTLS handshake is done.</summary>
    public bool IsSecured { get; set; }

    /// <summary>Whether nothing has been heard for a while.</summary>
    public bool IsQuiet(TimeSpan now) => IsSecured && now >= _lastHeard + options.DisconnectedAfter;

    /// <summary>Notes something that only the peer can have sent.</summary>
    public void Hear(TimeSpan now)
    {
        if (!_heard)
            (_heard, _firstHeard) = (true, now);
        _lastHeard = now;
    }

    /// <summary>Why the connection is to be given up at <paramref name="now"/>, or None.</summary>
    public CloseReason FindFailure(TimeSpan now)
    {
        if (!_heard)
            return now >= created + options.IceTimeout ? CloseReason.IceTimeout : CloseReason.None;
        if (!IsSecured)
            return now >= _firstHeard + options.DtlsTimeout ? CloseReason.DtlsFailed : CloseReason.None;
        return now >= _lastHeard + options.ConsentTimeout ? CloseReason.ConsentExpired : CloseReason.None;
    }

    /// <summary>When the answer of one of the two questions above may change.</summary>
    public TimeSpan NextDeadline(TimeSpan now)
    {
        if (!_heard)
            return created + options.IceTimeout;
        if (!IsSecured)
            return _firstHeard + options.DtlsTimeout;
        return IsQuiet(now) ? _lastHeard + options.ConsentTimeout : _lastHeard + options.DisconnectedAfter;
    }
}
