using System.Reflection;
using System.Runtime.InteropServices;

namespace ComfyStream.Media.Libav;

/// <summary>
/// The one door to libavutil, libavcodec and libswscale. Names are those of the C headers. Reached only after
/// <see cref="LibavLibrary"/> has found libraries that belong together, named them to <see cref="Bind"/> and tried them.
/// Text arguments are UTF-8 literals: the compiler puts a zero behind each.
/// </summary>
internal static unsafe partial class NativeMethods
{
    private const string Util = "avutil";
    private const string Codec = "avcodec";
    private const string Scale = "swscale";

    private static nint s_util;
    private static nint s_codec;
    private static nint s_scale;

    /// <summary>Says which loaded libraries the methods below are found in. Once per process.</summary>
    public static void Bind(nint util, nint codec, nint scale)
    {
        (s_util, s_codec, s_scale) = (util, codec, scale);
        NativeLibrary.SetDllImportResolver(typeof(NativeMethods).Assembly, Resolve);
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) => name switch
    {
        Util => s_util,
        Codec => s_codec,
        Scale => s_scale,
        _ => 0,
    };

    [LibraryImport(Util)]
    public static partial uint avutil_version();

    [LibraryImport(Util)]
    public static partial void av_log_set_level(int level);

    [LibraryImport(Util)]
    public static partial int av_strerror(int error, byte* text, nuint textBytes);

    [LibraryImport(Util)]
    public static partial int av_opt_set(nint target, byte* name, byte* value, int searchFlags);

    [LibraryImport(Util)]
    public static partial int av_opt_set_int(nint target, byte* name, long value, int searchFlags);

    [LibraryImport(Util)]
    public static partial int av_opt_set_q(nint target, byte* name, AVRational value, int searchFlags);

    [LibraryImport(Util)]
    public static partial int av_opt_set_image_size(nint target, byte* name, int width, int height, int searchFlags);

    [LibraryImport(Util)]
    public static partial AVFrame* av_frame_alloc();

    [LibraryImport(Util)]
    public static partial void av_frame_free(AVFrame** frame);

    [LibraryImport(Util)]
    public static partial void av_frame_unref(AVFrame* frame);

    [LibraryImport(Util)]
    public static partial nint av_frame_get_plane_buffer(AVFrame* frame, int plane);

    [LibraryImport(Util)]
    public static partial nint av_buffer_create(byte* data, nuint dataBytes, delegate* unmanaged[Cdecl]<nint, byte*, void> free, nint opaque, int flags);

    [LibraryImport(Codec)]
    public static partial uint avcodec_version();

    [LibraryImport(Codec)]
    public static partial nint avcodec_find_encoder_by_name(byte* name);

    [LibraryImport(Codec)]
    public static partial nint avcodec_find_decoder_by_name(byte* name);

    [LibraryImport(Codec)]
    public static partial nint avcodec_alloc_context3(nint codec);

    [LibraryImport(Codec)]
    public static partial void avcodec_free_context(nint* context);

    [LibraryImport(Codec)]
    public static partial int avcodec_open2(nint context, nint codec, nint* options);

    [LibraryImport(Codec)]
    public static partial int avcodec_send_packet(nint context, AVPacket* packet);

    [LibraryImport(Codec)]
    public static partial int avcodec_receive_frame(nint context, AVFrame* frame);

    [LibraryImport(Codec)]
    public static partial int avcodec_send_frame(nint context, AVFrame* frame);

    [LibraryImport(Codec)]
    public static partial int avcodec_receive_packet(nint context, AVPacket* packet);

    [LibraryImport(Codec)]
    public static partial AVPacket* av_packet_alloc();

    [LibraryImport(Codec)]
    public static partial void av_packet_free(AVPacket** packet);

    [LibraryImport(Codec)]
    public static partial void av_packet_unref(AVPacket* packet);

    [LibraryImport(Codec)]
    public static partial int av_new_packet(AVPacket* packet, int byteCount);

    [LibraryImport(Scale)]
    public static partial uint swscale_version();

    [LibraryImport(Scale)]
    public static partial nint sws_getContext(
        int sourceWidth, int sourceHeight, int sourceFormat, int targetWidth, int targetHeight, int targetFormat,
        int flags, nint sourceFilter, nint targetFilter, double* parameters);

    [LibraryImport(Scale)]
    public static partial void sws_freeContext(nint context);

    [LibraryImport(Scale)]
    public static partial int* sws_getCoefficients(int colorSpace);

    [LibraryImport(Scale)]
    public static partial int sws_setColorspaceDetails(
        nint context, int* sourceMatrix, int sourceIsFullRange, int* targetMatrix, int targetIsFullRange,
        int brightness, int contrast, int saturation);

    [LibraryImport(Scale)]
    public static partial int sws_scale(
        nint context, byte** source, int* sourceStrides, int firstRow, int rowCount, byte** target, int* targetStrides);
}
