using System.Buffers.Binary;

namespace ComfyStream.Fuzzing;

/// <summary>Reads an input as a list of operations: a kind, two bytes of length, and that many bytes or what is left.</summary>
internal ref struct OperationReader(Span<byte> input)
{
    private const int HeaderBytes = 3;

    private Span<byte> _rest = input;

    public byte Kind { get; private set; }

    public Span<byte> Body { get; private set; }

    public bool MoveNext()
    {
        if (_rest.Length < HeaderBytes)
            return false;

        Kind = _rest[0];
        int length = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(_rest[1..]), _rest.Length - HeaderBytes);
        Body = _rest.Slice(HeaderBytes, length);
        _rest = _rest[(HeaderBytes + length)..];
        return true;
    }

    /// <summary>Writes operations in that form.</summary>
    public static byte[] Write(params IEnumerable<(byte Kind, byte[] Body)> operations) =>
    [
        .. operations.SelectMany(operation => (byte[])[operation.Kind, (byte)(operation.Body.Length >> 8), (byte)operation.Body.Length, .. operation.Body]),
    ];
}
