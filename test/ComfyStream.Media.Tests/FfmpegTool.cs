using System.Diagnostics;

namespace ComfyStream.Media.Tests;

/// <summary>Runs the installed ffmpeg and ffprobe as an independent peer.</summary>
internal static class FfmpegTool
{
    /// <summary>Makes a file by ffmpeg and gives its bytes.</summary>
    public static byte[] Make(string arguments, byte[]? input = null)
    {
        string output = Path.GetTempFileName();
        string source = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(source, input ?? []);
            Run("ffmpeg", $"-v error -nostdin -y {arguments.Replace("INPUT", source)} {output}");
            return File.ReadAllBytes(output);
        }
        finally
        {
            File.Delete(output);
            File.Delete(source);
        }
    }

    /// <summary>Asks ffprobe for entries of the video stream: a table of names and values.</summary>
    public static Dictionary<string, string> Probe(byte[] stream, string entries)
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, stream);
            string text = Run("ffprobe", $"-v error -f h264 -count_frames -show_entries stream={entries} -of default=noprint_wrappers=1 {file}");
            return text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('=', 2)).ToDictionary(p => p[0], p => p[1]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Cuts a stream that was made with access unit delimiters.</summary>
    public static List<byte[]> SplitAtDelimiters(byte[] stream)
    {
        List<byte[]> units = [];
        int start = -1;
        for (int i = 0; i + 4 < stream.Length; i++)
        {
            if (stream[i] != 0 || stream[i + 1] != 0 || stream[i + 2] != 0 || stream[i + 3] != 1 || (stream[i + 4] & 0x1f) != 9)
                continue;
            if (start >= 0)
                units.Add(stream[start..i]);
            start = i;
        }

        units.Add(stream[start..]);
        return units;
    }

    private static string Run(string program, string arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0 && errors.Result.Length == 0, $"{program} {arguments}: {errors.Result}");
        return output;
    }
}
