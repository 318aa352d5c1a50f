using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace ComfyStream.WebRtc.Srtp.Ciphers;

/// <summary>Counter mode on the platform's block cipher, for processors without our own implementation.</summary>
internal sealed class Aes128CounterPlatform : Aes128Counter
{
    private const int BlockBytes = 16;
    private const int BatchBytes = 256;

    private readonly Aes _aes = Aes.Create();

    public Aes128CounterPlatform(ReadOnlySpan<byte> key) => _aes.SetKey(key);

    [SkipLocalsInit]
    public override void Xor(Vector128<byte> initialBlock, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        CheckSizes(source.Length, destination.Length);
        Span<byte> keyStream = stackalloc byte[BatchBytes];
        ushort counter = 0;
        while (!source.IsEmpty)
        {
            for (var offset = 0; offset < BatchBytes; offset += BlockBytes, counter++)
            {
                initialBlock.CopyTo(keyStream[offset..]);
                BinaryPrimitives.WriteUInt16BigEndian(keyStream[(offset + BlockBytes - 2)..], counter);
            }
            _aes.EncryptEcb(keyStream, keyStream, PaddingMode.None);
            var taken = Math.Min(BatchBytes, source.Length);
            for (var i = 0; i < taken; i++)
                destination[i] = (byte)(source[i] ^ keyStream[i]);
            source = source[taken..];
            destination = destination[taken..];
        }
    }

    public override void Dispose() => _aes.Dispose();
}
