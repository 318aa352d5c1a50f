namespace ComfyStream.WebRtc.Dtls;

/// <summary>A certificate's hash as <c>a=fingerprint</c> carries it (RFC 8122): algorithm in lower case ("sha-256") and the hash bytes.</summary>
public sealed record Fingerprint(string Algorithm, byte[] Hash)
{
    /// <summary>The value of <c>a=fingerprint</c>: algorithm, a space, upper-case hex pairs with colons.</summary>
    public override string ToString() => $"{Algorithm} {string.Join(':', Hash.Select(b => b.ToString("X2")))}";
}
