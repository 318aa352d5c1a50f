namespace ComfyStream.Media.Libav;

/// <summary>Owns an AVPacket, used again for every coded frame.</summary>
internal sealed unsafe class NativePacket : IDisposable
{
    private const int KeyFlag = 1;

    private AVPacket* _packet;

    public NativePacket()
    {
        _packet = NativeMethods.av_packet_alloc();
        if (_packet is null)
            throw new MediaException("libav has no memory for a packet.");
    }

    public AVPacket* Pointer => _packet;

    public ReadOnlySpan<byte> Data => new(_packet->Data, _packet->ByteCount);

    public bool IsKey => (_packet->Flags & KeyFlag) != 0;

    /// <summary>Copies coded bytes in; libav adds the zero padding that its bit readers need.</summary>
    public void Fill(ReadOnlySpan<byte> data, long pts)
    {
        LibavError.ThrowIfNegative(NativeMethods.av_new_packet(_packet, data.Length), "allocating a packet");
        data.CopyTo(new Span<byte>(_packet->Data, data.Length));
        _packet->Pts = pts;
        _packet->Dts = pts;
    }

    public void Clear() => NativeMethods.av_packet_unref(_packet);

    public void Dispose()
    {
        AVPacket* packet = _packet;
        _packet = null;
        NativeMethods.av_packet_free(&packet);
    }
}
