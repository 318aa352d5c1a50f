using System.Net;
using ComfyStream.WebRtc;

namespace ComfyStream.Client;

/// <summary>A connection to a WHIP or WHEP server could not be made; the message says why and what to do.</summary>
public sealed class ConnectionException : Exception
{
    /// <summary>Signalling failed.</summary>
    public ConnectionException(string message, HttpStatusCode? statusCode = null, Exception? innerException = null)
        : base(message, innerException) => StatusCode = statusCode;

    /// <summary>The peer connection ended before it was connected.</summary>
    public ConnectionException(string message, CloseReason closeReason, Exception? innerException = null)
        : base(message, innerException) => CloseReason = closeReason;

    /// <summary>The server's status, if it answered.</summary>
    public HttpStatusCode? StatusCode { get; }

    /// <summary>Why the peer connection ended, if it had begun.</summary>
    public CloseReason CloseReason { get; }
}
