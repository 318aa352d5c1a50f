namespace ComfyStream.Media.H264;

/// <summary>
/// Reads bits of a NAL unit's payload and leaves out the emulation prevention bytes (7.4.1.1). Past the end it reads zeros and
/// says so in <see cref="IsExhausted"/>, so that a parser may check once instead of after each field.
/// </summary>
internal ref struct RbspReader(ReadOnlySpan<byte> payload)
{
    private const byte EmulationPrevention = 3;
    private const int MaxExpGolombZeros = 31;

    private readonly ReadOnlySpan<byte> _payload = payload;
    private int _next;
    private int _zeroBytes;
    private uint _current;
    private int _bitsLeft;

    /// <summary>Whether more was read than there was, or a number that no field can have.</summary>
    public bool IsExhausted { get; private set; }

    public bool ReadFlag() => ReadBits(1) != 0;

    /// <summary>Reads up to 32 bits.</summary>
    public uint ReadBits(int count)
    {
        uint value = 0;
        while (count > 0)
        {
            if (_bitsLeft == 0 && !LoadByte())
                return 0;
            int taken = Math.Min(count, _bitsLeft);
            uint bits = _current >> _bitsLeft - taken & (1u << taken) - 1;
            value = value << taken | bits;
            _bitsLeft -= taken;
            count -= taken;
        }

        return value;
    }

    /// <summary>Reads ue(v) (9.1).</summary>
    public uint ReadUnsigned()
    {
        int zeros = 0;
        while (!ReadFlag())
        {
            if (IsExhausted || ++zeros > MaxExpGolombZeros)
            {
                IsExhausted = true;
                return 0;
            }
        }

        return (1u << zeros) - 1 + ReadBits(zeros);
    }

    /// <summary>Reads se(v) (9.1.1).</summary>
    public int ReadSigned()
    {
        uint code = ReadUnsigned();
        int magnitude = (int)(code / 2 + (code & 1));
        return (code & 1) != 0 ? magnitude : -magnitude;
    }

    private bool LoadByte()
    {
        if (_zeroBytes >= 2 && _next < _payload.Length && _payload[_next] == EmulationPrevention)
        {
            _next++;
            _zeroBytes = 0;
        }

        if (_next >= _payload.Length)
        {
            IsExhausted = true;
            return false;
        }

        _current = _payload[_next++];
        _zeroBytes = _current == 0 ? _zeroBytes + 1 : 0;
        _bitsLeft = 8;
        return true;
    }
}
