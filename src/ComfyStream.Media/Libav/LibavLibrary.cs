using System.Runtime.InteropServices;

namespace ComfyStream.Media.Libav;

/// <summary>Finds libav's libraries once per process, newest first, and refuses those whose memory layout is not known.</summary>
internal static class LibavLibrary
{
    private const int LogQuiet = -8;
    private const int OldestProbedMajor = 54;
    private const int NewestProbedMajor = 70;

    private const string HowToInstall =
        "Debian 12: apt-get install libavcodec59 libswscale6; Debian 13: apt-get install libavcodec61 libswscale8.";

    private static readonly Lazy<string> s_problem = new(Load);

    /// <summary>Version of libavcodec as "59.37.100"; empty when it is not loaded.</summary>
    public static string CodecVersion { get; private set; } = "";

    /// <summary>Loads the libraries; else says what is missing and how to get it.</summary>
    public static bool TryLoad(out string problem)
    {
        problem = s_problem.Value;
        return problem.Length == 0;
    }

    /// <summary>Loads the libraries.</summary>
    /// <exception cref="MediaException">They are missing or not usable.</exception>
    public static void EnsureLoaded()
    {
        if (!TryLoad(out string problem))
            throw new MediaException(problem);
    }

    private static string Load()
    {
        if (!Environment.Is64BitProcess)
            return "libav is used by 64-bit processes only; run the 64-bit .NET runtime.";
        for (int major = LibavLayout.NewestMajor; major >= LibavLayout.OldestMajor; major--)
        {
            if (NativeLibrary.TryLoad($"libavcodec.so.{major}", out nint codec))
                return LoadCompanions(major, codec);
        }

        return FindUnknownMajor() is int unknown
            ? $"libavcodec {unknown} is installed, but versions {LibavLayout.OldestMajor} to {LibavLayout.NewestMajor} are supported " +
              $"(FFmpeg 4 to 8). Install one of them beside it. {HowToInstall}"
            : $"libavcodec is not installed. {HowToInstall}";
    }

    private static string LoadCompanions(int major, nint codec)
    {
        if (!NativeLibrary.TryLoad($"libavutil.so.{LibavLayout.UtilMajor(major)}", out nint util))
            return $"libavcodec {major} is installed without libavutil {LibavLayout.UtilMajor(major)}. {HowToInstall}";
        if (!NativeLibrary.TryLoad($"libswscale.so.{LibavLayout.ScaleMajor(major)}", out nint scale))
            return $"libavcodec {major} is installed without libswscale {LibavLayout.ScaleMajor(major)}. {HowToInstall}";

        NativeMethods.Bind(util, codec, scale);
        uint version = NativeMethods.avcodec_version();
        if (version >> 16 != major || !LibavLayout.TryGet(major, out LibavLayout? layout))
            return $"libavcodec.so.{major} says that it is version {Format(version)}. {HowToInstall}";

        // A peer can send what it likes: without this, each of its broken frames would be a line on our standard error.
        NativeMethods.av_log_set_level(LogQuiet);
        LibavLayout.Current = layout;
        if (!LibavSelfTest.TryRun(out string failure))
            return $"libavcodec {Format(version)} failed the self-test: {failure}. Install another build. {HowToInstall}";
        CodecVersion = Format(version);
        return "";
    }

    private static int? FindUnknownMajor()
    {
        for (int major = NewestProbedMajor; major >= OldestProbedMajor; major--)
        {
            if (NativeLibrary.TryLoad($"libavcodec.so.{major}", out nint handle))
            {
                NativeLibrary.Free(handle);
                return major;
            }
        }

        return null;
    }

    private static string Format(uint version) => $"{version >> 16}.{version >> 8 & 0xff}.{version & 0xff}";
}
