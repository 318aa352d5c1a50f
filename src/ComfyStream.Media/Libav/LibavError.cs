using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace ComfyStream.Media.Libav;

/// <summary>Turns libav's error codes into <see cref="MediaException"/> with libav's own text.</summary>
internal static unsafe class LibavError
{
    private const int TextBytes = 256;

    public static void ThrowIfNegative(int result, string what)
    {
        if (result < 0)
            Throw(result, what);
    }

    [DoesNotReturn]
    public static void Throw(int result, string what) => throw new MediaException($"libav failed at {what}: {Text(result)} ({result}).");

    private static string Text(int result)
    {
        byte* text = stackalloc byte[TextBytes];
        NativeMethods.av_strerror(result, text, TextBytes);
        return Marshal.PtrToStringUTF8((nint)text) ?? "unknown error";
    }
}
