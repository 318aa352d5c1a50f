using ComfyStream.Transport.Tcp;
using ComfyStream.WebRtc.Stun;

namespace ComfyStream.Fuzzing.Targets;

/// <summary>
/// What comes over a TCP connection (RFC 4571), in pieces: the first byte of the input says how it is cut. What is found must be what a reading of
/// the whole, done here, finds.
/// </summary>
internal sealed class TcpTarget : IFuzzTarget
{
    public string Name => "tcp";

    public IReadOnlyList<byte[]> Seeds { get; } =
    [
        [1, .. Frame(new byte[1])],
        [200, .. Frame([0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42, .. new byte[12]]), .. Frame([22, 254, 253, .. new byte[300]]), .. Frame([128, 96, .. new byte[1100]])],
        [3, .. Frame(new byte[StreamFrameReader.MaxPacketBytes]), .. Frame(new byte[20])],
        [16, .. Frame([0, 1, 0, 12, 0x21, 0x12, 0xA4, 0x42, .. new byte[12], 0, 6, 0, 6, .. "ours:a"u8, 0, 0])],
    ];

    public IReadOnlyList<byte[]> Words { get; } = [[0, 0], [0xFF, 0xFF], [8, 0], [8, 1], [0, 1], [0, 20]];

    public bool Run(Span<byte> input)
    {
        if (input.Length < 2)
            return false;

        int pieceBytes = 1 + input[0];
        Span<byte> stream = input[1..];
        byte[] whole = stream.ToArray();
        var reader = new StreamFrameReader();
        int position = 0, count = 0;
        while (!stream.IsEmpty && !reader.IsBroken)
        {
            Span<byte> piece = stream[..Math.Min(pieceBytes, stream.Length)];
            stream = stream[piece.Length..];
            while (reader.TryRead(ref piece, out Span<byte> packet))
            {
                int length = whole[position] << 8 | whole[position + 1];
                FindingException.ThrowUnless(length is > 0 and <= StreamFrameReader.MaxPacketBytes, "a packet of a length that cannot be");
                FindingException.ThrowUnless(packet.SequenceEqual(whole.AsSpan(position + 2, length)), "a packet that is not what was sent");
                position += 2 + length;
                count++;

                // As the owner does: decrypted in place, and looked at for whose it is.
                StunMessage.TryReadUserFragment(packet, out _);
                packet.Fill(0xAA);
            }

            FindingException.ThrowUnless(piece.IsEmpty || reader.IsBroken, "input that was left");
        }

        // Nothing that was there is missing, and nothing breaks without a reason.
        int left = whole.Length - position;
        int next = left < 2 ? -1 : whole[position] << 8 | whole[position + 1];
        bool isBroken = next is 0 or > StreamFrameReader.MaxPacketBytes;
        FindingException.ThrowUnless(reader.IsBroken == isBroken, "a broken stream that is none, or the other way round");
        FindingException.ThrowUnless(isBroken || left < 2 + Math.Max(0, next), "a packet that was not found");
        return count > 0;
    }

    private static byte[] Frame(byte[] packet) => [(byte)(packet.Length >> 8), (byte)packet.Length, .. packet];
}
