namespace ComfyStream.WebRtc.Sdp;

/// <summary>Which way our media goes in a session.</summary>
public enum MediaRole
{
    /// <summary>We receive: a WHIP server, or a WHEP client.</summary>
    Receive,

    /// <summary>We send: a WHEP server, or a WHIP client.</summary>
    Send,
}
