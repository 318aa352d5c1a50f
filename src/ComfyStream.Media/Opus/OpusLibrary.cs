using System.Runtime.InteropServices;

namespace ComfyStream.Media.Opus;

/// <summary>
/// The door to libopus, which libavcodec itself depends on. Used directly: its interface has not changed since 1.0, while libav's
/// description of sound (channel layout, sample format) differs in every version.
/// </summary>
internal static unsafe partial class OpusLibrary
{
    private const string Name = "libopus.so.0";

    /// <exception cref="MediaException">The library is not installed.</exception>
    public static void EnsureLoaded()
    {
        if (!NativeLibrary.TryLoad(Name, out _))
            throw new MediaException($"{Name} is not installed. Debian: apt-get install libopus0.");
    }

    public static void ThrowIfNegative(int result, string what)
    {
        if (result < 0)
            throw new MediaException($"libopus failed at {what}: {Marshal.PtrToStringUTF8(opus_strerror(result))} ({result}).");
    }

    [LibraryImport(Name)]
    public static partial nint opus_encoder_create(int sampleRate, int channels, int application, int* error);

    [LibraryImport(Name)]
    public static partial void opus_encoder_destroy(nint encoder);

    /// <summary>Variadic in C. On the Linux ABIs of x64 and arm64 an int is passed in the same register either way.</summary>
    [LibraryImport(Name)]
    public static partial int opus_encoder_ctl(nint encoder, int request, int value);

    [LibraryImport(Name)]
    public static partial int opus_encode_float(nint encoder, float* samples, int samplesPerChannel, byte* packet, int packetBytes);

    [LibraryImport(Name)]
    public static partial nint opus_decoder_create(int sampleRate, int channels, int* error);

    [LibraryImport(Name)]
    public static partial void opus_decoder_destroy(nint decoder);

    [LibraryImport(Name)]
    public static partial int opus_decode_float(nint decoder, byte* packet, int packetBytes, float* samples, int maxSamplesPerChannel, int useFec);

    [LibraryImport(Name)]
    private static partial nint opus_strerror(int error);
}
