using ComfyStream.EndToEnd.Processes;
using ComfyStream.Media;
using ComfyStream.Workflows.Tests;

namespace ComfyStream.EndToEnd.Films;

/// <summary>Pictures of 640x360 of a real camera or film, one after the other and again from the beginning.</summary>
internal sealed class Clip
{
    public const int Width = 640, Height = 360;

    private const string Folder = "/usr/share/doc/opencv-doc/examples/data";
    private const int PictureBytes = Width * Height * 3 / 2;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly byte[] _pictures;

    private Clip(byte[] pictures) => _pictures = pictures;

    public int Length => _pictures.Length / PictureBytes;

    /// <summary>A person before a flag and a model rocket, who does not move.</summary>
    public static Clip Astronaut()
    {
        using var pool = new VideoFramePool();
        VideoFrame picture = Pictures.Astronaut(pool);
        byte[] pixels = [.. Pictures.Planes.SelectMany(plane => Pictures.Read(picture, plane).Cast<double>()).Select(value => (byte)value)];
        picture.Return();
        return new Clip(pixels);
    }

    /// <summary>A second and more of a clip of Debian's opencv-doc: <c>Megamind.avi</c> shows faces, <c>vtest.avi</c> a yard with small people.</summary>
    public static async Task<Clip> ReadAsync(string file, double fromSecond)
    {
        string raw = Path.GetTempFileName();
        try
        {
            string[] arguments =
            [
                "-v", "error", "-nostdin", "-y", "-ss", $"{fromSecond}", "-i", Path.Combine(Folder, file), "-vf", $"scale={Width}:-2,crop={Width}:{Height}",
                "-r", $"{Film.Rate}", "-frames:v", $"{Film.Length / 2}", "-f", "rawvideo", "-pix_fmt", "yuv420p", raw,
            ];
            await using ChildProcess ffmpeg = ChildProcess.Start("ffmpeg", arguments);
            Assert.True(await ffmpeg.ExitAsync(_patience) == 0, $"{ffmpeg.Tail} (the clips are in Debian's opencv-doc)");
            return new Clip(await File.ReadAllBytesAsync(raw, TestContext.Current.CancellationToken));
        }
        finally
        {
            File.Delete(raw);
        }
    }

    /// <summary>Draws a picture over the whole frame.</summary>
    public void Draw(VideoFrame frame, int number)
    {
        int at = number % Length * PictureBytes;
        frame.IsBt709 = false;
        Pictures.Fill(frame, (_, _, _) => _pictures[at++]);
    }

    /// <summary>The luma of a picture.</summary>
    public double[,] Luma(int number)
    {
        double[,] luma = new double[Height, Width];
        int at = number * PictureBytes;
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
                luma[y, x] = _pictures[at++];
        }

        return luma;
    }
}
