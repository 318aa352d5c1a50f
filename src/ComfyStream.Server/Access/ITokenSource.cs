using System.Net;

namespace ComfyStream.Server.Access;

/// <summary>Somebody who knows tokens. Thread-safe.</summary>
internal interface ITokenSource
{
    /// <summary>Whose token it is.</summary>
    ValueTask<TokenVerdict> JudgeAsync(string token, IPAddress? address, CancellationToken cancellationToken);
}

/// <summary>What a source says of a token.</summary>
/// <param name="Caller">Whose it is; null when the source does not know it.</param>
/// <param name="ValidFor">How long that may be believed without asking again.</param>
/// <param name="Trouble">Why the source cannot say, for the log; "" when it can.</param>
internal readonly record struct TokenVerdict(Caller? Caller, TimeSpan ValidFor, string Trouble)
{
    public static TokenVerdict Unknown { get; } = new(null, TimeSpan.Zero, "");
}
