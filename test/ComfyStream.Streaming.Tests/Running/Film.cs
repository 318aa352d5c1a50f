using System.Diagnostics;
using ComfyStream.Media;

namespace ComfyStream.Streaming.Tests.Running;

/// <summary>Access units to publish, each a flat picture: a key frame and what follows it.</summary>
internal sealed class Film
{
    private Film(IReadOnlyList<byte[]> units) => Units = units;

    /// <summary>The first one is a key frame.</summary>
    public IReadOnlyList<byte[]> Units { get; }

    /// <summary>Encodes pictures of one brightness.</summary>
    public static Film Shoot(int width, int height, byte luma, int count = 15, MediaCodec codec = MediaCodec.H264)
    {
        using var pictures = new VideoFramePool();
        var frames = new EncodedFramePool();
        using IVideoEncoder encoder = CountingCodecs.Real.CreateVideoEncoder(codec, width, height, 30, 1_000_000, frames);
        List<byte[]> units = [];
        for (int i = 0; i < count; i++)
        {
            VideoFrame picture = Draw(pictures, width, height, luma);
            picture.MediaTime = TimeSpan.FromSeconds(i / 30.0);
            Assert.True(encoder.TryEncode(picture, forceKeyFrame: i == 0, out EncodedFrame? unit));
            picture.Return();
            units.Add(codec == MediaCodec.H264 ? WithLongStartCodes(unit!.Data) : unit!.Data.ToArray());
            unit.Release();
        }

        return new Film(units);
    }

    /// <summary>A moving picture of 320x240 that ffmpeg encodes with those options of libx264.</summary>
    public static async Task<Film> EncodeAsync(string encoderOptions, int seconds = 1)
    {
        var start = new ProcessStartInfo(
            "ffmpeg", $"-v error -nostdin -f lavfi -i testsrc=size=320x240:rate=30:duration={seconds} -c:v libx264 {encoderOptions} -pix_fmt yuv420p -x264-params aud=1 -f h264 -")
        {
            RedirectStandardOutput = true,
        };
        using Process ffmpeg = Process.Start(start)!;
        using var stream = new MemoryStream();
        await ffmpeg.StandardOutput.BaseStream.CopyToAsync(stream);
        await ffmpeg.WaitForExitAsync();
        Assert.Equal(0, ffmpeg.ExitCode);
        return new Film(SplitAtDelimiters(stream.ToArray()));
    }

    /// <summary>Bytes in the form of access units, all different, that no decoder would take.</summary>
    public static Film Invent(int count, int byteCount)
    {
        var random = new Random(1);
        List<byte[]> units = [];
        for (int i = 0; i < count; i++)
        {
            byte[] slice = new byte[byteCount + random.Next(byteCount)];
            random.NextBytes(slice);
            for (int j = 0; j < slice.Length; j++)
                slice[j] |= 0x10;
            slice[0] = (byte)(i == 0 ? 0x65 : 0x41);
            byte[] start = [0, 0, 0, 1];
            units.Add(i == 0
                ? [.. start, 0x67, 0x42, 0xE0, 0x1F, 0x11, .. start, 0x68, 0xCE, 0x3C, 0x80, .. start, .. slice]
                : [.. start, .. slice]);
        }

        return new Film(units);
    }

    // Publishers' delimiters end at the relay, which knows access units by their packets.
    private static List<byte[]> SplitAtDelimiters(ReadOnlySpan<byte> stream)
    {
        const int DelimiterBytes = 6;
        ReadOnlySpan<byte> delimiter = [0, 0, 0, 1, 9];
        List<byte[]> units = [];
        while (!stream.IsEmpty)
        {
            int next = stream[delimiter.Length..].IndexOf(delimiter);
            int end = next < 0 ? stream.Length : delimiter.Length + next;
            units.Add(WithLongStartCodes(stream[DelimiterBytes..end]));
            stream = stream[end..];
        }

        return units;
    }

    // As depacketizers write them: start codes of four bytes.
    private static byte[] WithLongStartCodes(ReadOnlySpan<byte> unit)
    {
        List<byte> bytes = [];
        for (int i = 0; i < unit.Length; i++)
        {
            bool isShort = i + 2 < unit.Length && unit[i] == 0 && unit[i + 1] == 0 && unit[i + 2] == 1 && (i == 0 || unit[i - 1] != 0);
            if (isShort)
                bytes.Add(0);
            bytes.Add(unit[i]);
        }

        return [.. bytes];
    }

    private static unsafe VideoFrame Draw(VideoFramePool pictures, int width, int height, byte luma)
    {
        VideoFrame picture = pictures.Rent(width, height);
        new Span<byte>(picture.Y, picture.StrideY * height).Fill(luma);
        new Span<byte>(picture.U, picture.StrideUv * height / 2).Fill(128);
        new Span<byte>(picture.V, picture.StrideUv * height / 2).Fill(128);
        return picture;
    }
}
