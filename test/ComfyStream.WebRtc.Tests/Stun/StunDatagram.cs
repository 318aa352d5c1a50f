using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ComfyStream.WebRtc.Tests.Stun;

/// <summary>Builds any STUN message, also wrong ones, without the code under test.</summary>
internal sealed class StunDatagram
{
    private readonly List<byte> _bytes = [];

    public StunDatagram(ushort type = 0x0001, byte transaction = 1)
    {
        AddUInt16(type);
        AddUInt16(0);
        AddUInt32(0x2112A442);
        _bytes.AddRange(Enumerable.Range(0, 12).Select(index => (byte)(transaction + index)));
    }

    public static StunDatagram Request(string username, byte transaction = 1) =>
        new StunDatagram(transaction: transaction).With(0x0006, Encoding.ASCII.GetBytes(username));

    public StunDatagram WithTransaction(ReadOnlySpan<byte> transactionId)
    {
        for (int index = 0; index < transactionId.Length; index++)
            _bytes[8 + index] = transactionId[index];
        return this;
    }

    public StunDatagram With(ushort type, params ReadOnlySpan<byte> value)
    {
        AddUInt16(type);
        AddUInt16((ushort)value.Length);
        _bytes.AddRange(value);
        while (_bytes.Count % 4 != 0)
            _bytes.Add(0x20);
        return this;
    }

    public StunDatagram WithUInt32(ushort type, uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return With(type, bytes);
    }

    public StunDatagram WithPriority(uint priority = 0x6E0001FF) => WithUInt32(0x0024, priority);

    public StunDatagram WithUseCandidate() => With(0x0025);

    public StunDatagram WithControlled(ulong tieBreaker = 7) => With(0x8029, BitConverter.GetBytes(tieBreaker));

    public StunDatagram WithControlling(ulong tieBreaker = 7) => With(0x802A, BitConverter.GetBytes(tieBreaker));

    public StunDatagram WithIntegrity(string password)
    {
        byte[] covered = WithLength(24);
        return With(0x0008, HMACSHA1.HashData(Encoding.ASCII.GetBytes(password), covered));
    }

    public StunDatagram WithFingerprint() => WithUInt32(0x8028, Crc32(WithLength(8)) ^ 0x5354554E);

    public byte[] Build() => WithLength(0);

    private byte[] WithLength(int following)
    {
        byte[] bytes = [.. _bytes];
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)(bytes.Length - 20 + following));
        return bytes;
    }

    private static uint Crc32(byte[] bytes)
    {
        uint crc = 0xFFFFFFFF;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
        }

        return ~crc;
    }

    private void AddUInt16(ushort value) => _bytes.AddRange([(byte)(value >> 8), (byte)value]);

    private void AddUInt32(uint value)
    {
        AddUInt16((ushort)(value >> 16));
        AddUInt16((ushort)value);
    }
}
