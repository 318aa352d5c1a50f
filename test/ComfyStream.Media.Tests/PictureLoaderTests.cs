using System.Buffers.Binary;
using System.IO.Compression;
using ComfyStream.Media.Libav;

namespace ComfyStream.Media.Tests;

public sealed class PictureLoaderTests
{
    [Fact]
    public void A_PNG_gives_its_exact_colours_and_alpha()
    {
        byte[] pixels = new byte[7 * 5 * 4];
        new Random(2).NextBytes(pixels);
        RgbaPicture picture = PictureLoader.Load(EncodePng(7, 5, pixels));
        Assert.Equal((7, 5), (picture.Width, picture.Height));
        Assert.Equal(pixels, picture.Pixels);
    }

    [Theory]
    [InlineData("rgb24", "255,0,0,255")]
    [InlineData("rgb48be", "255,0,0,255")]
    [InlineData("gray", "76,76,76,255")]
    public void Every_kind_of_PNG_becomes_RGBA(string format, string expected)
    {
        byte[] file = FfmpegTool.Make($"-f lavfi -i color=c=red:s=20x10 -frames:v 1 -pix_fmt {format} -c:v png -f image2pipe");
        AssertNear(expected, PictureLoader.Load(file), 20, 10);
    }

    [Fact]
    public void A_PNG_with_a_palette_becomes_RGBA()
    {
        byte[] file = FfmpegTool.Make(
            "-f lavfi -i color=c=red:s=20x10:r=1:d=1 -filter_complex split[a][b];[a]palettegen[p];[b][p]paletteuse -frames:v 1 -c:v png -f image2pipe");
        AssertNear("255,0,0,255", PictureLoader.Load(file), 20, 10);
    }

    [Theory]
    [InlineData("yuvj420p", "red", "255,0,0,255")]
    [InlineData("yuvj444p", "white", "255,255,255,255")]
    [InlineData("yuvj422p", "blue", "0,0,255,255")]
    public void A_JPEG_becomes_RGBA_over_the_full_range(string format, string colour, string expected)
    {
        byte[] file = FfmpegTool.Make($"-f lavfi -i color=c={colour}:s=64x48 -vf scale=37:21 -frames:v 1 -pix_fmt {format} -q:v 2 -c:v mjpeg -f image2pipe");
        AssertNear(expected, PictureLoader.Load(file), 37, 21);
    }

    [Fact]
    public void What_is_neither_is_refused_with_words()
    {
        MediaException e = Assert.Throws<MediaException>(() => PictureLoader.Load("GIF89a"u8));
        Assert.Contains("neither PNG nor JPEG", e.Message);
        Assert.Throws<MediaException>(() => PictureLoader.Load([]));
    }

    [Fact]
    public void Broken_files_are_refused_or_shown_but_never_worse()
    {
        byte[] png = FfmpegTool.Make("-f lavfi -i testsrc=s=64x48 -frames:v 1 -c:v png -f image2pipe");
        byte[] jpeg = FfmpegTool.Make("-f lavfi -i testsrc=s=64x48 -frames:v 1 -c:v mjpeg -f image2pipe");
        Random random = new(11);
        foreach (byte[] file in new[] { png, jpeg })
        {
            for (int round = 0; round < 300; round++)
            {
                byte[] broken = file[..random.Next(16, file.Length)];
                for (int i = 0; i < random.Next(6); i++)
                    broken[random.Next(8, broken.Length)] ^= (byte)(1 << random.Next(8));
                try
                {
                    RgbaPicture picture = PictureLoader.Load(broken);
                    Assert.Equal(picture.Width * picture.Height * 4, picture.Pixels.Length);
                }
                catch (MediaException)
                {
                }
            }
        }
    }

    private static void AssertNear(string expected, RgbaPicture picture, int width, int height)
    {
        Assert.Equal((width, height), (picture.Width, picture.Height));
        int[] colour = [.. expected.Split(',').Select(int.Parse)];
        for (int i = 0; i < picture.Pixels.Length; i++)
            Assert.InRange(picture.Pixels[i], colour[i % 4] - 3, colour[i % 4] + 3);
    }

    private static byte[] EncodePng(int width, int height, byte[] rgba)
    {
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = 8;
        header[9] = 6;
        MemoryStream rows = new();
        using (ZLibStream zlib = new(rows, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (int y = 0; y < height; y++)
            {
                zlib.WriteByte(0);
                zlib.Write(rgba, y * width * 4, width * 4);
            }
        }

        return [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, .. Chunk("IHDR"u8, header), .. Chunk("IDAT"u8, rows.ToArray()), .. Chunk("IEND"u8, [])];
    }

    private static byte[] Chunk(ReadOnlySpan<byte> type, byte[] data)
    {
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, data.Length);
        byte[] content = [.. type, .. data];
        byte[] check = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(check, Crc(content));
        return [.. length, .. content, .. check];
    }

    private static uint Crc(byte[] data)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
        }

        return ~crc;
    }
}
