using System.Runtime.InteropServices;

namespace ComfyStream.Media.OpenH264;

/// <summary>
/// The door to Cisco's libopenh264, soname 7 exactly (2.3): its structs change with every soname. The encoder is a C++ object,
/// reached through its table of functions.
/// </summary>
internal static unsafe partial class OpenH264Library
{
    private const string Name = "libopenh264.so.7";

    /// <summary>Whether the library is installed.</summary>
    public static bool IsAvailable { get; } = NativeLibrary.TryLoad(Name, out _);

    /// <summary>Name and version, for a start-up line.</summary>
    public static string Description
    {
        get
        {
            OpenH264Version version = WelsGetCodecVersion();
            return $"libopenh264 {version.Major}.{version.Minor}.{version.Revision}";
        }
    }

    [LibraryImport(Name)]
    public static partial int WelsCreateSVCEncoder(OpenH264Object** encoder);

    [LibraryImport(Name)]
    public static partial void WelsDestroySVCEncoder(OpenH264Object* encoder);

    [LibraryImport(Name)]
    private static partial OpenH264Version WelsGetCodecVersion();
}
