namespace ComfyStream.Server.Access;

/// <summary>
/// Tokens that a source that is dear to ask has accepted, by digest, for as long as it said. Bounded; thread-safe by one lock.
/// </summary>
internal sealed class AcceptedTokens(TimeProvider clock)
{
    private const int MostTokens = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<Digest, (Caller Caller, long Until)> _tokens = [];

    public Caller? Find(ReadOnlySpan<byte> digest)
    {
        lock (_gate)
            return _tokens.TryGetValue(new Digest(digest), out var entry) && clock.GetTimestamp() < entry.Until ? entry.Caller : null;
    }

    public void Add(ReadOnlySpan<byte> digest, Caller caller, TimeSpan validFor)
    {
        if (validFor <= TimeSpan.Zero)
            return;
        long now = clock.GetTimestamp();
        lock (_gate)
        {
            if (_tokens.Count >= MostTokens)
                Sweep(now);
            if (_tokens.Count < MostTokens)
                _tokens[new Digest(digest)] = (caller, now + (long)(validFor.TotalSeconds * clock.TimestampFrequency));
        }
    }

    private void Sweep(long now)
    {
        foreach ((Digest digest, var entry) in _tokens)
        {
            if (now >= entry.Until)
                _tokens.Remove(digest);
        }
    }

    /// <summary>SHA-256 as a key. Nobody can steer it, so where a lookup differs says nothing of the token.</summary>
    private readonly record struct Digest(UInt128 High, UInt128 Low)
    {
        public Digest(ReadOnlySpan<byte> sha256)
            : this(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(sha256), System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(sha256[16..]))
        {
        }
    }
}
