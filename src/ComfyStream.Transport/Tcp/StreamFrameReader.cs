using System.Buffers.Binary;

namespace ComfyStream.Transport.Tcp;

/// <summary>
/// Finds packets in a byte stream, each behind its length in two bytes (RFC 4571 2), however the network has cut the stream. A packet that
/// lies whole in what was received is given where it lies. Owned by one thread; allocates nothing after construction.
/// </summary>
internal sealed class StreamFrameReader
{
    /// <summary>Bytes of the length before each packet.</summary>
    public const int LengthBytes = 2;

    /// <summary>The longest packet, as for datagrams: a longer one is no media.</summary>
    public const int MaxPacketBytes = DatagramReceiver.LongestDatagramBytes;

    private readonly byte[] _partial = new byte[LengthBytes + MaxPacketBytes];
    private int _partialBytes;

    /// <summary>Whether a length was met that cannot be, 0 or too long: where the next packet begins is unknown from there on.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>
    /// Takes the next packet off the start of <paramref name="input"/>. False when there is none: all of the input was then taken, and what it began is kept
    /// until more comes, or the stream is broken.
    /// </summary>
    /// <param name="input">What was received; it moves on.</param>
    /// <param name="packet">The packet, which may be changed in place until the next call.</param>
    public bool TryRead(ref Span<byte> input, out Span<byte> packet)
    {
        packet = default;
        if (IsBroken)
            return false;
        if (_partialBytes > 0 || input.Length < LengthBytes)
            return TryComplete(ref input, out packet);

        int byteCount = BinaryPrimitives.ReadUInt16BigEndian(input);
        if (!IsPossible(byteCount))
            return false;
        if (input.Length < LengthBytes + byteCount)
            return TryComplete(ref input, out packet);

        packet = input.Slice(LengthBytes, byteCount);
        input = input[(LengthBytes + byteCount)..];
        return true;
    }

    private bool TryComplete(ref Span<byte> input, out Span<byte> packet)
    {
        packet = default;
        if (!TryTake(ref input, LengthBytes))
            return false;
        int byteCount = BinaryPrimitives.ReadUInt16BigEndian(_partial);
        if (!IsPossible(byteCount) || !TryTake(ref input, LengthBytes + byteCount))
            return false;

        packet = _partial.AsSpan(LengthBytes, byteCount);
        _partialBytes = 0;
        return true;
    }

    // Takes from the input what is missing to so many bytes. False when that is not enough.
    private bool TryTake(ref Span<byte> input, int wantedBytes)
    {
        int taken = Math.Clamp(wantedBytes - _partialBytes, 0, input.Length);
        input[..taken].CopyTo(_partial.AsSpan(_partialBytes));
        _partialBytes += taken;
        input = input[taken..];
        return _partialBytes >= wantedBytes;
    }

    private bool IsPossible(int byteCount)
    {
        IsBroken = byteCount is 0 or > MaxPacketBytes;
        return !IsBroken;
    }
}
