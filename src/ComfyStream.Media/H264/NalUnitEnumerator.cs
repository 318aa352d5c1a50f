namespace ComfyStream.Media.H264;

/// <summary>Walks the NAL units of an access unit in annex B form; for <c>foreach</c>.</summary>
public ref struct NalUnitEnumerator
{
    /// <summary>Begins what is left, once the first start code was passed.</summary>
    private ReadOnlySpan<byte> _rest;

    internal NalUnitEnumerator(ReadOnlySpan<byte> accessUnit)
    {
        int start = accessUnit.IndexOf(StartCode);
        _rest = start < 0 ? default : accessUnit[(start + StartCode.Length)..];
    }

    /// <summary>The NAL unit, header byte first.</summary>
    public ReadOnlySpan<byte> Current { get; private set; }

    private static ReadOnlySpan<byte> StartCode => [0, 0, 1];

    /// <summary>Itself.</summary>
    public readonly NalUnitEnumerator GetEnumerator() => this;

    /// <summary>Goes to the next NAL unit.</summary>
    public bool MoveNext()
    {
        while (!_rest.IsEmpty)
        {
            int end = _rest.IndexOf(StartCode);
            ReadOnlySpan<byte> unit = end < 0 ? _rest : _rest[..end];
            _rest = end < 0 ? default : _rest[(end + StartCode.Length)..];

            // No NAL unit ends in a zero byte (7.4.1): these are trailing_zero_8bits or the first of a start code of four bytes.
            Current = unit.TrimEnd((byte)0);
            if (!Current.IsEmpty)
                return true;
        }

        Current = default;
        return false;
    }
}
