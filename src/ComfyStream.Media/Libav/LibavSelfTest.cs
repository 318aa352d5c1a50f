namespace ComfyStream.Media.Libav;

/// <summary>
/// Decodes one small picture and looks for what is known of it at the places that <see cref="LibavLayout"/> names, so that a
/// library built differently from its version's headers is refused at the start instead of corrupting memory later.
/// </summary>
internal static unsafe class LibavSelfTest
{
    private const int Side = 32;
    private const int Gray = 128;
    private const long Marker = 0x0123_4567_89ab_cdef;

    /// <summary>One IDR picture of 32x32 pixels, all gray, marked as BT.709 and full range.</summary>
    private static ReadOnlySpan<byte> Picture =>
    [
        0x00, 0x00, 0x00, 0x01, 0x67, 0x42, 0xc0, 0x0a, 0xda, 0x25, 0xb0, 0x16, 0xe0, 0x20, 0x20, 0x28, 0x00, 0x00, 0x03, 0x00,
        0x08, 0x00, 0x00, 0x03, 0x01, 0xe4, 0x78, 0x91, 0x35, 0x00, 0x00, 0x00, 0x01, 0x68, 0xce, 0x0f, 0xc8, 0x00, 0x00, 0x01,
        0x65, 0x88, 0x84, 0x3a, 0x27, 0x27, 0x5d, 0x78,
    ];

    /// <summary>Runs the test; else says what did not match.</summary>
    public static bool TryRun(out string failure)
    {
        try
        {
            failure = Run();
        }
        catch (Exception e) when (e is MediaException or EntryPointNotFoundException)
        {
            failure = e.Message;
        }

        return failure.Length == 0;
    }

    private static string Run()
    {
        using CodecContext decoder = CodecContext.ForDecoder("h264"u8);
        decoder.Set("threads"u8, 1);
        decoder.Open();
        using NativePacket packet = new();
        using NativeFrame frame = new();
        packet.Fill(Picture, Marker);
        LibavError.ThrowIfNegative(decoder.Send(packet), "decoding the test picture");
        int result = decoder.Receive(frame);
        if (result == LibavResult.TryAgain)
        {
            decoder.SendEnd();
            result = decoder.Receive(frame);
        }

        LibavError.ThrowIfNegative(result, "taking the test picture");
        return Check(frame);
    }

    private static string Check(NativeFrame frame)
    {
        AVFrame* native = frame.Pointer;
        if (native->Width != Side || native->Height != Side)
            return "AVFrame.width and height are elsewhere";
        if (native->Pts != Marker)
            return "AVFrame.pts is elsewhere";
        if (native->Format is not (PixelFormat.Yuvj420P or PixelFormat.Yuv420P))
            return "AVFrame.format is elsewhere";
        if (frame.ColorSpace != ColorSpace.Bt709 || frame.ColorRange != ColorRange.Full)
            return "AVFrame.colorspace and color_range are elsewhere";
        if (frame.PictureType != PictureType.I)
            return "AVFrame.pict_type is elsewhere";
        if (frame.Buffer == 0 || frame.Buffer != NativeMethods.av_frame_get_plane_buffer(native, 0))
            return "AVFrame.buf is elsewhere";
        if (frame.DecodeErrorFlags != 0)
            return "AVFrame.decode_error_flags is elsewhere";
        if (native->Stride0 < Side || native->Data0[0] != Gray || native->Data0[(Side - 1) * (native->Stride0 + 1)] != Gray)
            return "AVFrame.data and linesize are elsewhere";
        return "";
    }
}
