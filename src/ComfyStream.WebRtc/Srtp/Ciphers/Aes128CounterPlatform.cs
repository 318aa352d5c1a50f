using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace ComfyStream.WebRtc.Srtp.Ciphers;

/// <summary>Counter mode on the platform's block cipher, for processors without our own implementation.</summary>
internal sealed class Aes128CounterPlatform : Aes128Counter
{
    private const int BlockBytes = 16;

    // A transform that is kept takes arrays only, but costs no allocation per call as the one-shot methods with spans do.
    private readonly ICryptoTransform _blockCipher;
    private readonly byte[] _counters = new byte[16 * BlockBytes];
    private readonly byte[] _keyStream = new byte[16 * BlockBytes];

    public Aes128CounterPlatform(ReadOnlySpan<byte> key)
    {
        using var aes = Aes.Create();
        aes.SetKey(key);
        aes.Mode = CipherMode.ECB;
        aes.Padding = PaddingMode.None;
        _blockCipher = aes.CreateEncryptor();
    }

    public override void Xor(Vector128<byte> initialBlock, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        CheckSizes(source.Length, destination.Length);
        ushort counter = 0;
        while (!source.IsEmpty)
        {
            for (var offset = 0; offset < _counters.Length; offset += BlockBytes, counter++)
            {
                initialBlock.CopyTo(_counters, offset);
                BinaryPrimitives.WriteUInt16BigEndian(_counters.AsSpan(offset + BlockBytes - sizeof(ushort)), counter);
            }
            _blockCipher.TransformBlock(_counters, 0, _counters.Length, _keyStream, 0);
            var taken = Math.Min(_keyStream.Length, source.Length);
            for (var i = 0; i < taken; i++)
                destination[i] = (byte)(source[i] ^ _keyStream[i]);
            source = source[taken..];
            destination = destination[taken..];
        }
    }

    public override void Dispose() => _blockCipher.Dispose();
}
