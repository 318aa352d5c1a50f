namespace ComfyStream.WebRtc.Packetization;

/// <summary>Walks the NAL units of an access unit in byte stream format (H.264 annex B), without their start codes and trailing zeros.</summary>
internal ref struct AnnexBReader
{
    private ReadOnlySpan<byte> _rest;

    public AnnexBReader(ReadOnlySpan<byte> accessUnit)
    {
        int start = accessUnit.IndexOf(StartCode);
        _rest = start < 0 ? default : accessUnit[(start + StartCode.Length)..];
    }

    private static ReadOnlySpan<byte> StartCode => [0, 0, 1];

    /// <summary>The unit that <see cref="MoveNext"/> found; never empty.</summary>
    public ReadOnlySpan<byte> Current { get; private set; }

    /// <summary>Goes to the next NAL unit.</summary>
    public bool MoveNext()
    {
        while (!_rest.IsEmpty)
        {
            int end = _rest.IndexOf(StartCode);
            // A NAL unit never ends with a zero byte (7.4.1): zeros before a start code are part of it or padding.
            Current = (end < 0 ? _rest : _rest[..end]).TrimEnd((byte)0);
            _rest = end < 0 ? default : _rest[(end + StartCode.Length)..];
            if (!Current.IsEmpty)
                return true;
        }

        return false;
    }
}
