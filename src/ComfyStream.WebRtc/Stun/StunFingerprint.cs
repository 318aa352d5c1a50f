namespace ComfyStream.WebRtc.Stun;

/// <summary>The value of FINGERPRINT: CRC-32 (ISO 3309, reflected, as in PKZIP) XOR "STUN" (RFC 8489 section 14.7).</summary>
internal static class StunFingerprint
{
    private const uint Mask = 0x5354_554E;
    private const uint ReflectedPolynomial = 0xEDB8_8320;

    private static readonly uint[] s_table = MakeTable();

    /// <summary>Computes it over the message up to the FINGERPRINT attribute, whose bytes the length field already counts.</summary>
    public static uint Compute(ReadOnlySpan<byte> message)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in message)
            crc = (crc >> 8) ^ s_table[(byte)crc ^ value];
        return ~crc ^ Mask;
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (uint index = 0; index < table.Length; index++)
        {
            uint value = index;
            for (int bit = 0; bit < 8; bit++)
                value = (value & 1) == 0 ? value >> 1 : (value >> 1) ^ ReflectedPolynomial;
            table[index] = value;
        }

        return table;
    }
}
