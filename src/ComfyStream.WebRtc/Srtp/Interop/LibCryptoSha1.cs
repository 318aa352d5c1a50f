using System.Runtime.InteropServices;

namespace ComfyStream.WebRtc.Srtp.Interop;

/// <summary>
/// SHA-1 on a context that the caller holds by value, from libcrypto: what lets HMAC begin from saved states. Deprecated by OpenSSL 3
/// but exported by every libcrypto.so.3 that was not built without deprecated functions.
/// </summary>
internal static unsafe partial class LibCryptoSha1
{
    private const string Library = "libcrypto.so.3";

    /// <summary>Whether this process can call the functions below.</summary>
    public static readonly bool IsSupported = Probe();

    [LibraryImport(Library, EntryPoint = "SHA1_Init")]
    public static partial int Initialize(Context* context);

    [LibraryImport(Library, EntryPoint = "SHA1_Update")]
    public static partial int Update(Context* context, byte* data, nuint byteCount);

    // Two blocks at most: too short to be worth a transition.
    [LibraryImport(Library, EntryPoint = "SHA1_Final"), SuppressGCTransition]
    public static partial int Finish(byte* digest, Context* context);

    private static bool Probe() =>
        NativeLibrary.TryLoad(Library, out var library)
        && NativeLibrary.TryGetExport(library, "SHA1_Init", out _)
        && NativeLibrary.TryGetExport(library, "SHA1_Update", out _)
        && NativeLibrary.TryGetExport(library, "SHA1_Final", out _);

    /// <summary>SHA_CTX: 24 words, the same on all platforms.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Context
    {
        private fixed uint _words[24];
    }
}
