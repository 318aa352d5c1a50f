using System.Text;

namespace ComfyStream.Media.Libav;

/// <summary>Owns an AVCodecContext, which is opaque here: everything is set by option name. Owned by one thread.</summary>
internal sealed unsafe class CodecContext : IDisposable
{
    private const int SearchChildren = 1;

    private readonly nint _codec;
    private readonly string _name;
    private nint _context;

    private CodecContext(nint codec, string name)
    {
        (_codec, _name) = (codec, name);
        if (codec == 0)
            throw new MediaException($"This build of libavcodec has no {name}.");
        _context = NativeMethods.avcodec_alloc_context3(codec);
        if (_context == 0)
            throw new MediaException($"libav has no memory for {name}.");
    }

    public static bool HasEncoder(ReadOnlySpan<byte> name)
    {
        fixed (byte* text = name)
            return NativeMethods.avcodec_find_encoder_by_name(text) != 0;
    }

    public static CodecContext ForEncoder(ReadOnlySpan<byte> name)
    {
        fixed (byte* text = name)
            return new(NativeMethods.avcodec_find_encoder_by_name(text), $"encoder {Encoding.UTF8.GetString(name)}");
    }

    public static CodecContext ForDecoder(ReadOnlySpan<byte> name)
    {
        fixed (byte* text = name)
            return new(NativeMethods.avcodec_find_decoder_by_name(text), $"decoder {Encoding.UTF8.GetString(name)}");
    }

    public void Set(ReadOnlySpan<byte> option, long value)
    {
        fixed (byte* name = option)
            CheckOption(NativeMethods.av_opt_set_int(_context, name, value, SearchChildren), option);
    }

    public void Set(ReadOnlySpan<byte> option, AVRational value)
    {
        fixed (byte* name = option)
            CheckOption(NativeMethods.av_opt_set_q(_context, name, value, SearchChildren), option);
    }

    public void Set(ReadOnlySpan<byte> option, ReadOnlySpan<byte> value)
    {
        fixed (byte* name = option)
        fixed (byte* text = value)
            CheckOption(NativeMethods.av_opt_set(_context, name, text, SearchChildren), option);
    }

    public void SetPictureSize(int width, int height)
    {
        ReadOnlySpan<byte> option = "video_size"u8;
        fixed (byte* name = option)
            CheckOption(NativeMethods.av_opt_set_image_size(_context, name, width, height, 0), option);
    }

    public void Open() => LibavError.ThrowIfNegative(NativeMethods.avcodec_open2(_context, _codec, null), $"opening {_name}");

    public int Send(NativePacket packet) => NativeMethods.avcodec_send_packet(_context, packet.Pointer);

    public int Send(NativeFrame frame) => NativeMethods.avcodec_send_frame(_context, frame.Pointer);

    /// <summary>Tells a decoder that nothing follows, so that it gives out what it holds.</summary>
    public int SendEnd() => NativeMethods.avcodec_send_packet(_context, null);

    public int Receive(NativeFrame frame) => NativeMethods.avcodec_receive_frame(_context, frame.Pointer);

    public int Receive(NativePacket packet) => NativeMethods.avcodec_receive_packet(_context, packet.Pointer);

    public void Dispose()
    {
        nint context = _context;
        _context = 0;
        NativeMethods.avcodec_free_context(&context);
    }

    private void CheckOption(int result, ReadOnlySpan<byte> option)
    {
        if (result < 0)
            LibavError.Throw(result, $"setting {Encoding.UTF8.GetString(option)} of {_name}");
    }
}
