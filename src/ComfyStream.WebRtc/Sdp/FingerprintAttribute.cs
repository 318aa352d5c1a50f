namespace ComfyStream.WebRtc.Sdp;

/// <summary>Reads the value of <c>a=fingerprint</c> (RFC 8122 5).</summary>
internal static class FingerprintAttribute
{
    /// <summary>Bytes of the hash functions that we accept; 0 for weak (MD5, SHA-1) and unknown ones.</summary>
    public static int HashByteCount(string algorithm) => algorithm switch
    {
        "sha-256" => 32,
        "sha-384" => 48,
        "sha-512" => 64,
        _ => 0,
    };

    /// <summary>Reads hex pairs with colons between them; false unless they fill <paramref name="hash"/> exactly.</summary>
    public static bool TryReadHash(ReadOnlySpan<char> text, Span<byte> hash)
    {
        if (text.Length != (hash.Length * 3) - 1)
            return false;

        for (int i = 0; i < hash.Length; i++)
        {
            ReadOnlySpan<char> pair = text.Slice(i * 3, 2);
            if (Convert.FromHexString(pair, hash.Slice(i, 1), out _, out _) != System.Buffers.OperationStatus.Done)
                return false;

            if (i > 0 && text[(i * 3) - 1] != ':')
                return false;
        }

        return true;
    }
}
