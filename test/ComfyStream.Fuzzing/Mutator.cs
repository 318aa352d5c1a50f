using System.Buffers.Binary;

namespace ComfyStream.Fuzzing;

/// <summary>Makes inputs of others: damages, repeats, splices, and puts in values at which parsers go wrong.</summary>
internal sealed class Mutator(Random random, IReadOnlyList<byte[]> words)
{
    /// <summary>The largest datagram and the largest offer.</summary>
    public const int MaxInputBytes = 1 << 16;

    private static readonly uint[] Edges = [0, 1, 2, 3, 4, 0x0F, 0x10, 0x1F, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF];

    public byte[] Mutate(byte[] seed, byte[] other)
    {
        List<byte> bytes = [.. seed];
        int changes = 1 << random.Next(6);
        for (int i = 0; i < changes; i++)
            Change(bytes, other);
        if (bytes.Count > MaxInputBytes)
            bytes.RemoveRange(MaxInputBytes, bytes.Count - MaxInputBytes);
        return [.. bytes];
    }

    private void Change(List<byte> bytes, byte[] other)
    {
        int at = random.Next(bytes.Count + 1);
        int length = Math.Min(1 << random.Next(8), bytes.Count - at);
        switch (random.Next(12))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2 when at < bytes.Count:
                bytes[at] += (byte)(random.Next(2) == 0 ? 1 : 255);
                break;
            case 3:
                PutEdge(bytes, at);
                break;
            case 4:
                bytes.RemoveRange(at, length);
                break;
            case 5:
                bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                break;
            case 6:
                bytes.InsertRange(at, RandomBytes(random.Next(9)));
                break;
            case 7:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 8:
                int from = random.Next(other.Length + 1);
                bytes.InsertRange(at, other.AsSpan(from, Math.Min(1 << random.Next(9), other.Length - from)));
                break;
            case 9 when words.Count > 0:
                byte[] word = words[random.Next(words.Count)];
                bytes.RemoveRange(at, Math.Min(random.Next(word.Length + 1), bytes.Count - at));
                bytes.InsertRange(at, word);
                break;
            case 10:
                RepeatLine(bytes, at);
                break;
            case 11 when bytes.Count < 2048:
                List<byte> copy = bytes.GetRange(at, length);
                for (int i = random.Next(20); i > 0; i--)
                    bytes.InsertRange(at, copy);
                break;
        }
    }

    private void PutEdge(List<byte> bytes, int at)
    {
        int size = 1 << random.Next(3);
        if (at + size > bytes.Count)
            return;

        Span<byte> value = stackalloc byte[4];
        uint edge = Edges[random.Next(Edges.Length)];
        if (size == 1)
            value[0] = (byte)edge;
        else if (size == 2)
            BinaryPrimitives.WriteUInt16BigEndian(value, (ushort)edge);
        else
            BinaryPrimitives.WriteUInt32BigEndian(value, edge);
        for (int i = 0; i < size; i++)
            bytes[at + i] = value[i];
    }

    // What parsers of text see as a whole: lines removed, repeated, or moved.
    private void RepeatLine(List<byte> bytes, int at)
    {
        int start = at == 0 ? 0 : bytes.LastIndexOf((byte)'\n', at - 1) + 1;
        int end = bytes.IndexOf((byte)'\n', start) + 1;
        if (end == 0)
            return;

        List<byte> line = bytes.GetRange(start, end - start);
        if (random.Next(2) == 0)
            bytes.RemoveRange(start, end - start);
        if (random.Next(3) == 0)
            return;
        int target = bytes.IndexOf((byte)'\n', random.Next(bytes.Count + 1)) + 1;
        bytes.InsertRange(target, line);
    }

    private byte[] RandomBytes(int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
