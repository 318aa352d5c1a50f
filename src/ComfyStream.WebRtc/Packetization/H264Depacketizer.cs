using System.Buffers.Binary;

namespace ComfyStream.WebRtc.Packetization;

/// <summary>
/// Puts the payloads of one access unit, added in order, together as Annex B (RFC 6184, packetization modes 0 and 1). What does
/// not fit the destination is counted but not written, so that an empty destination measures.
/// </summary>
internal ref struct H264Depacketizer(Span<byte> destination)
{
    /// <summary>A NAL unit above this is refused.</summary>
    public const int MaxNalUnitBytes = 1 << 20;

    private readonly Span<byte> _destination = destination;
    private int _fragmentedBytes;
    private int _fragmentedType;
    private bool _hasIdrSlice;
    private bool _hasIntraSlice;
    private bool _hasSequenceParameterSet;

    private static ReadOnlySpan<byte> StartCode => [0, 0, 0, 1];

    /// <summary>Bytes of the access unit so far, whether they fitted or not.</summary>
    public int ByteCount { get; private set; }

    /// <summary>No fragmented NAL unit is unfinished.</summary>
    public readonly bool IsComplete => _fragmentedBytes == 0;

    /// <summary>Decoding can start here: an IDR picture, or parameter sets with an intra picture.</summary>
    public readonly bool IsKeyFrame => _hasIdrSlice || (_hasSequenceParameterSet && _hasIntraSlice);

    /// <summary>Adds a payload. False if it is broken or does not continue the one before: the access unit is lost.</summary>
    public bool TryAdd(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty)
            return false;

        int type = H264NalUnit.TypeOf(payload[0]);
        if (type == H264NalUnit.FuA)
            return TryAddFragment(payload);
        if (!IsComplete)
            return false;
        if (type is >= H264NalUnit.NonIdrSlice and <= H264NalUnit.LastSingle)
            return TryAddNalUnit(payload);
        if (type == H264NalUnit.StapA)
            return TryAddAggregate(payload[1..]);

        // STAP-B, MTAP and FU-B belong to the interleaved mode, which is never negotiated; 0, 30 and 31 are to be ignored (5.2).
        return true;
    }

    private bool TryAddNalUnit(ReadOnlySpan<byte> nalUnit)
    {
        if (nalUnit.Length > MaxNalUnitBytes)
            return false;

        Append(StartCode);
        Append(nalUnit);
        Note(H264NalUnit.TypeOf(nalUnit[0]), nalUnit[1..]);
        return true;
    }

    private bool TryAddAggregate(ReadOnlySpan<byte> units)
    {
        if (units.IsEmpty)
            return false;

        while (!units.IsEmpty)
        {
            if (units.Length < 2)
                return false;
            int length = BinaryPrimitives.ReadUInt16BigEndian(units);
            if (length == 0 || length > units.Length - 2)
                return false;

            ReadOnlySpan<byte> nalUnit = units.Slice(2, length);
            if (H264NalUnit.TypeOf(nalUnit[0]) is 0 or > H264NalUnit.LastSingle || !TryAddNalUnit(nalUnit))
                return false;
            units = units[(2 + length)..];
        }

        return true;
    }

    private bool TryAddFragment(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < 2)
            return false;

        bool isStart = (payload[1] & H264NalUnit.FragmentStart) != 0;
        bool isEnd = (payload[1] & H264NalUnit.FragmentEnd) != 0;
        int type = H264NalUnit.TypeOf(payload[1]);
        // 5.8: start and end never in one fragment, nothing but single NAL units inside, and no second start before the end.
        if ((isStart && isEnd) || isStart != IsComplete || type is 0 or > H264NalUnit.LastSingle)
            return false;

        ReadOnlySpan<byte> data = payload[2..];
        if (isStart)
        {
            ReadOnlySpan<byte> header = [(byte)(payload[0] & H264NalUnit.ImportanceMask | type)];
            _fragmentedType = type;
            _fragmentedBytes = 1;
            Append(StartCode);
            Append(header);
            Note(type, data);
        }
        else if (type != _fragmentedType)
        {
            return false;
        }

        _fragmentedBytes += data.Length;
        if (_fragmentedBytes > MaxNalUnitBytes)
            return false;

        Append(data);
        if (isEnd)
            _fragmentedBytes = 0;
        return true;
    }

    private void Note(int type, ReadOnlySpan<byte> data)
    {
        switch (type)
        {
            case H264NalUnit.IdrSlice:
                _hasIdrSlice = true;
                break;
            case H264NalUnit.NonIdrSlice:
                _hasIntraSlice |= H264NalUnit.IsFirstIntraSlice(data);
                break;
            case H264NalUnit.SequenceParameterSet:
                _hasSequenceParameterSet = true;
                break;
        }
    }

    private void Append(scoped ReadOnlySpan<byte> bytes)
    {
        if (ByteCount + bytes.Length <= _destination.Length)
            bytes.CopyTo(_destination[ByteCount..]);
        ByteCount += bytes.Length;
    }
}
