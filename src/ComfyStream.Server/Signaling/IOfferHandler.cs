using ComfyStream.Streaming;
using Microsoft.AspNetCore.Http;

namespace ComfyStream.Server.Signaling;

/// <summary>What WHIP and WHEP do differently: the query that they read, the session that they make, their log lines.</summary>
internal interface IOfferHandler
{
    /// <summary>Makes a session of an offer.</summary>
    Task<SessionResult> HandleAsync(HttpContext context, string offerSdp);

    /// <summary>Says that a session was ended by its client.</summary>
    void Terminated(string id);
}
