using System.Buffers.Binary;
using System.Globalization;
using ComfyStream.EndToEnd.Processes;
using ComfyStream.Media;
using ComfyStream.Media.Libav;

namespace ComfyStream.EndToEnd.Films;

/// <summary>Coded pictures of a scene, to be published again and again: <see cref="Length"/> of them, a key frame every two seconds.</summary>
internal sealed class Film
{
    /// <summary>Pictures a second.</summary>
    public const int Rate = 30;

    /// <summary>Pictures of a film, numbered from 0.</summary>
    public const int Length = 120;

    /// <summary>Pictures from one key frame to the next.</summary>
    public const int KeyFrameInterval = 60;

    private const int DefaultBitRate = 2_000_000;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private readonly Dictionary<ulong, int> _numbers = [];

    private Film(MediaCodec codec, IReadOnlyList<Unit> units)
    {
        (Codec, Units) = (codec, units);
        for (int number = 0; number < units.Count; number++)
            _numbers[EndOf(units[number].Data)] = number;
    }

    public MediaCodec Codec { get; }

    /// <summary>In the order in which they are sent.</summary>
    public IReadOnlyList<Unit> Units { get; }

    /// <summary>The place in <see cref="Units"/> of a coded picture of this film, told by its end: of a scene with grain no two are alike. Null for another.</summary>
    public int? NumberOf(ReadOnlySpan<byte> coded) => coded.Length >= sizeof(ulong) && _numbers.TryGetValue(EndOf(coded), out int number) ? number : null;

    /// <summary>Coded as browsers code: Constrained Baseline or VP8.</summary>
    public static Film Shoot(Scene scene, MediaCodec codec = MediaCodec.H264, int bitRate = DefaultBitRate) =>
        Shoot(scene.Width, scene.Height, scene.Draw, codec, bitRate);

    /// <summary>The same of what is drawn by number.</summary>
    public static Film Shoot(int width, int height, Action<VideoFrame, int> draw, MediaCodec codec = MediaCodec.H264, int bitRate = DefaultBitRate)
    {
        Assert.True(LibavCodecFactory.TryLoad(out LibavCodecFactory? codecs, out string problem), problem);
        using var pictures = new VideoFramePool();
        using IVideoEncoder encoder = codecs.CreateVideoEncoder(codec, width, height, Rate, bitRate, new EncodedFramePool());
        var units = new List<Unit>();
        for (int number = 0; number < Length; number++)
        {
            VideoFrame picture = Draw(pictures, width, height, draw, number);
            Assert.True(encoder.TryEncode(picture, forceKeyFrame: number % KeyFrameInterval == 0, out EncodedFrame? coded));
            picture.Return();
            units.Add(new Unit(coded!.Data.ToArray(), coded.IsKeyFrame, TimeOf(number)));
            coded.Release();
        }

        return new Film(codec, units);
    }

    /// <summary>Coded by ffmpeg with those options of libx264.</summary>
    public static async Task<Film> EncodeAsync(Scene scene, string options)
    {
        string folder = Directory.CreateTempSubdirectory("comfystream-film-").FullName;
        try
        {
            string raw = Path.Combine(folder, "raw"), coded = Path.Combine(folder, "coded"), index = Path.Combine(folder, "index");
            WriteRaw(raw, scene);

            // One muxer writes the units one after the other, the other one their sizes and times.
            string command = $"-v error -nostdin -f rawvideo -pix_fmt yuv420p -s {scene.Width}x{scene.Height} -r {Rate} -i {raw} -c:v libx264 -g {KeyFrameInterval} {options} -map 0 -f tee [f=h264]{coded}|[f=framecrc]{index}";
            await using ChildProcess ffmpeg = ChildProcess.Start("ffmpeg", command.Split(' '));
            Assert.True(await ffmpeg.ExitAsync(_patience) == 0, ffmpeg.Tail);
            return new Film(MediaCodec.H264, Split(await File.ReadAllBytesAsync(coded), await File.ReadAllLinesAsync(index)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ulong EndOf(ReadOnlySpan<byte> coded) => BinaryPrimitives.ReadUInt64BigEndian(coded[^sizeof(ulong)..]);

    // A line is: stream, decoding time, presentation time, duration, size, checksum, F= with the flags if it is no key frame.
    private static List<Unit> Split(byte[] coded, string[] index)
    {
        var units = new List<Unit>();
        int from = 0;
        foreach (string[] fields in index.Where(line => !line.StartsWith('#')).Select(line => line.Split(',', StringSplitOptions.TrimEntries)))
        {
            int size = int.Parse(fields[4], CultureInfo.InvariantCulture);
            units.Add(new Unit(coded[from..(from + size)], !fields.Any(field => field.StartsWith("F=", StringComparison.Ordinal)), TimeOf(int.Parse(fields[2], CultureInfo.InvariantCulture))));
            from += size;
        }

        Assert.Equal((coded.Length, Length, Length / KeyFrameInterval), (from, units.Count, units.Count(unit => unit.IsKeyFrame)));
        return units;
    }

    private static unsafe void WriteRaw(string path, Scene scene)
    {
        using var pictures = new VideoFramePool();
        using FileStream file = File.Create(path);
        for (int number = 0; number < Length; number++)
        {
            VideoFrame picture = Draw(pictures, scene.Width, scene.Height, scene.Draw, number);
            Write(picture.Y, picture.StrideY, scene.Width, scene.Height);
            Write(picture.U, picture.StrideUv, scene.Width / 2, scene.Height / 2);
            Write(picture.V, picture.StrideUv, scene.Width / 2, scene.Height / 2);
            picture.Return();
        }

        void Write(byte* plane, int stride, int width, int height)
        {
            for (int row = 0; row < height; row++)
                file.Write(new ReadOnlySpan<byte>(plane + row * stride, width));
        }
    }

    private static VideoFrame Draw(VideoFramePool pictures, int width, int height, Action<VideoFrame, int> draw, int number)
    {
        VideoFrame picture = pictures.Rent(width, height);
        picture.MediaTime = TimeOf(number);
        draw(picture, number);
        return picture;
    }

    private static TimeSpan TimeOf(int number) => TimeSpan.FromTicks(number * TimeSpan.TicksPerSecond / Rate);
}

/// <summary>A coded picture.</summary>
/// <param name="Time">When it is shown, from the film's beginning on.</param>
internal sealed record Unit(byte[] Data, bool IsKeyFrame, TimeSpan Time);
