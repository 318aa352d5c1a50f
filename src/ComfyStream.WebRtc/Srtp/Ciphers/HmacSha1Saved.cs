using ComfyStream.WebRtc.Srtp.Interop;

namespace ComfyStream.WebRtc.Srtp.Ciphers;

/// <summary>
/// HMAC-SHA1 from saved states: the key fills the first block of the inner and of the outer hash, so the states after those blocks are
/// kept and copied by value for each packet.
/// </summary>
internal sealed unsafe class HmacSha1Saved : HmacSha1
{
    private const int BlockBytes = 64;
    private const byte InnerPad = 0x36;
    private const byte OuterPad = 0x5c;

    private readonly KeyMemory _memory = new(2 * sizeof(LibCryptoSha1.Context));

    public HmacSha1Saved(ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(key.Length, BlockBytes);
        Start(key, InnerPad, Inner);
        Start(key, OuterPad, Outer);
    }

    private LibCryptoSha1.Context* Inner => (LibCryptoSha1.Context*)_memory.Start;

    private LibCryptoSha1.Context* Outer => Inner + 1;

    public override void Compute(ReadOnlySpan<byte> message, ReadOnlySpan<byte> suffix, Span<byte> mac)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(mac.Length, MacBytes);
        var context = *Inner;
        fixed (byte* messageStart = message, suffixStart = suffix, macStart = mac)
        {
            LibCryptoSha1.Update(&context, messageStart, (nuint)message.Length);
            if (!suffix.IsEmpty)
                LibCryptoSha1.Update(&context, suffixStart, (nuint)suffix.Length);
            LibCryptoSha1.Finish(macStart, &context);
            context = *Outer;
            LibCryptoSha1.Update(&context, macStart, MacBytes);
            LibCryptoSha1.Finish(macStart, &context);
        }
        GC.KeepAlive(this);
    }

    public override void Dispose() => _memory.Dispose();

    private static void Start(ReadOnlySpan<byte> key, byte pad, LibCryptoSha1.Context* context)
    {
        var block = stackalloc byte[BlockBytes];
        for (var i = 0; i < BlockBytes; i++)
            block[i] = (byte)((i < key.Length ? key[i] : 0) ^ pad);
        LibCryptoSha1.Initialize(context);
        LibCryptoSha1.Update(context, block, BlockBytes);
        new Span<byte>(block, BlockBytes).Clear();
    }
}
