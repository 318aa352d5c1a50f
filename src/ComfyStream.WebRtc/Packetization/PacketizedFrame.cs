using ComfyStream.WebRtc.Sdp;

namespace ComfyStream.WebRtc.Packetization;

/// <summary>
/// One coded frame cut into RTP payloads, computed once and shared by all subscribers: the payloads lie one after the other in
/// <see cref="Payloads"/>, payload formats' own headers included, so that sending a packet to a peer is header plus encryption.
/// Immutable once published; counted, and given back to its pool by the last <see cref="Release"/>.
/// </summary>
public sealed class PacketizedFrame
{
    private const int LeastPackets = 8;

    // Cutting into equal parts leaves the last one shorter by less than their number.
    private const int MostPaddingBytes = 32;

    private readonly Action<PacketizedFrame> _onReleased;
    private byte[] _payloads;
    private int[] _ends;
    private int _byteCount;
    private int _references;

    /// <param name="onReleased">Called by the last <see cref="Release"/>, on whatever thread that is: returns the frame to its pool.</param>
    /// <param name="capacityBytes">Room for payloads; it grows when it is too small.</param>
    public PacketizedFrame(Action<PacketizedFrame> onReleased, int capacityBytes = 4096)
    {
        _onReleased = onReleased;
        _payloads = GC.AllocateUninitializedArray<byte>(capacityBytes);
        _ends = new int[LeastPackets + capacityBytes / H264Packetizer.DefaultMaxPayloadBytes];
    }

    /// <summary>Room for payloads without growing.</summary>
    public int CapacityBytes => _payloads.Length;

    /// <summary>Sound or picture.</summary>
    public MediaKind Kind { get; private set; }

    /// <summary>The codec, as the packetizer that was used says it: peers take only frames of codecs that they negotiated.</summary>
    public PayloadFormat Format { get; private set; }

    /// <summary>The profile of an H.264 picture: peers send it under a payload type whose decoder plays it.</summary>
    public H264Profile Profile { get; private set; }

    /// <summary>Capture time on the stream's timeline; RTP timestamps and sender reports are derived from it.</summary>
    public TimeSpan MediaTime { get; private set; }

    /// <summary>Whether decoding can start here.</summary>
    public bool IsKeyFrame { get; private set; }

    /// <summary>When the last packet of the frame that this one was made from arrived (monotonic), for latency figures.</summary>
    public TimeSpan SourceArrival { get; private set; }

    /// <summary>Number of RTP packets.</summary>
    public int PacketCount { get; private set; }

    /// <summary>
    /// RTP padding (RFC 3550 5.1) of the last packet, which makes it as long as the one before: all leave in one segmented send then, and
    /// a sound packet with them as its shorter last segment. It belongs to the frame, so a packet that is sent again is the same again.
    /// </summary>
    public int PaddingBytes { get; private set; }

    /// <summary>All payload bytes, packet after packet, without padding.</summary>
    public ReadOnlySpan<byte> Payloads => _payloads.AsSpan(0, _byteCount);

    /// <summary>The payload of packet <paramref name="index"/>; the last one carries the marker bit if it is video.</summary>
    public ReadOnlySpan<byte> GetPayload(int index)
    {
        int start = index == 0 ? 0 : _ends[index - 1];
        return _payloads.AsSpan(start, _ends[index] - start);
    }

    /// <summary>The payload of packet <paramref name="index"/> and its padding.</summary>
    internal ReadOnlySpan<byte> GetPaddedPayload(int index)
    {
        int start = index == 0 ? 0 : _ends[index - 1];
        return _payloads.AsSpan(start, _ends[index] - start + (index == PacketCount - 1 ? PaddingBytes : 0));
    }

    /// <summary>
    /// Starts a new frame in this object, which then has one reference: the caller's. Until a packetizer says otherwise it is
    /// H.264 or Opus.
    /// </summary>
    public void Begin(
        MediaKind kind, TimeSpan mediaTime, bool isKeyFrame, TimeSpan sourceArrival, H264Profile profile = H264Profile.ConstrainedBaseline)
    {
        Profile = profile;
        Kind = kind;
        Format = kind == MediaKind.Audio ? PayloadFormat.Opus : PayloadFormat.H264;
        MediaTime = mediaTime;
        IsKeyFrame = isKeyFrame;
        SourceArrival = sourceArrival;
        PacketCount = 0;
        PaddingBytes = 0;
        _byteCount = 0;
        _references = 1;
    }

    /// <summary>Returns room for the next packet's payload, which the caller fills.</summary>
    public Span<byte> AppendPacket(int byteCount)
    {
        EnsureRoom(byteCount);
        if (PacketCount == _ends.Length)
            Array.Resize(ref _ends, _ends.Length * 2);

        PaddingBytes = 0;
        Span<byte> room = _payloads.AsSpan(_byteCount, byteCount);
        _byteCount += byteCount;
        _ends[PacketCount++] = _byteCount;
        return room;
    }

    /// <summary>Pads the last packet to the length of the one before, if it is a little shorter; for packetizers, at their end.</summary>
    internal void PadLastPacket()
    {
        if (PacketCount < 2)
            return;
        int padding = GetPayload(PacketCount - 2).Length - GetPayload(PacketCount - 1).Length;
        if (padding is <= 0 or > MostPaddingBytes)
            return;

        EnsureRoom(padding);
        Span<byte> room = _payloads.AsSpan(_byteCount, padding);
        room.Clear();
        room[^1] = (byte)padding;
        PaddingBytes = padding;
    }

    /// <summary>Notes the codec of the payloads that are about to be appended.</summary>
    internal void SetFormat(PayloadFormat format)
    {
        if (Kind != format.Kind() || (PacketCount > 0 && Format != format))
            throw new InvalidOperationException($"The frame was begun as {Kind} and holds {PacketCount} packets of {Format}; {format} needs a frame of its own.");
        Format = format;
    }

    private void EnsureRoom(int byteCount)
    {
        if (_byteCount + byteCount > _payloads.Length)
            Array.Resize(ref _payloads, Math.Max(_payloads.Length * 2, _byteCount + byteCount));
    }

    /// <summary>Takes one more reference.</summary>
    public void AddReference() => Interlocked.Increment(ref _references);

    /// <summary>Gives one reference back.</summary>
    public void Release()
    {
        int left = Interlocked.Decrement(ref _references);
        if (left == 0)
            _onReleased(this);
        else if (left < 0)
            throw new InvalidOperationException("A packetized frame was released more often than it was referenced.");
    }
}
