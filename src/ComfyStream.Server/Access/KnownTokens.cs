using System.Net;
using System.Security.Cryptography;

namespace ComfyStream.Server.Access;

/// <summary>The tokens of the config file. Every comparison takes as long as every other, whatever is compared and wherever it is found.</summary>
internal sealed class KnownTokens(IEnumerable<TokenEntry> entries) : ITokenSource
{
    private readonly (byte[] Sha256, Caller Caller)[] _entries =
        [.. entries.Select(entry => (entry.Sha256.ToArray(), new Caller($"token:{entry.Name}", entry.Rights, entry.Channels)))];

    public ValueTask<TokenVerdict> JudgeAsync(string token, IPAddress? address, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new TokenVerdict(Find(TokenDigest.Of(token)), TimeSpan.Zero, ""));

    public Caller? Find(ReadOnlySpan<byte> digest)
    {
        Caller? found = null;
        foreach ((byte[] sha256, Caller caller) in _entries)
        {
            if (CryptographicOperations.FixedTimeEquals(sha256, digest))
                found = caller;
        }
        return found;
    }
}
