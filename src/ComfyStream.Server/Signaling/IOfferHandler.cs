using ComfyStream.Streaming;
using Microsoft.AspNetCore.Http;

namespace ComfyStream.Server.Signaling;

/// <summary>What WHIP and WHEP do differently: the query that they read, and the session that they make.</summary>
internal interface IOfferHandler
{
    /// <summary>Makes a session of an offer; what is refused is logged.</summary>
    Task<SessionResult> HandleAsync(HttpContext context, string offerSdp);
}
