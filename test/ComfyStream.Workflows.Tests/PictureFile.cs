using System.Buffers.Binary;
using System.IO.Compression;
using ComfyStream.Media;

namespace ComfyStream.Workflows.Tests;

/// <summary>For a person who wants to look: saves pictures as PNG when COMFYSTREAM_TEST_SCREENSHOTS names a folder.</summary>
internal static class PictureFile
{
    private static readonly string? s_folder = Environment.GetEnvironmentVariable("COMFYSTREAM_TEST_SCREENSHOTS");

    public static void Save(VideoFrame frame, string name)
    {
        if (s_folder is not null)
            File.WriteAllBytes(Path.Combine(s_folder, name + ".png"), Encode(frame));
    }

    private static byte[] Encode(VideoFrame frame)
    {
        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            for (int y = 0; y < frame.Height; y++)
            {
                zlib.WriteByte(0);
                for (int x = 0; x < frame.Width; x++)
                    zlib.Write(Pixel(frame, x, y));
            }
        }

        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, frame.Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), frame.Height);
        (header[8], header[9]) = (8, 2);
        return [137, .. "PNG\r\n"u8, 26, (byte)'\n', .. Chunk("IHDR"u8, header), .. Chunk("IDAT"u8, compressed.ToArray()), .. Chunk("IEND"u8, [])];
    }

    private static byte[] Pixel(VideoFrame frame, int x, int y)
    {
        double luma = (Pictures.Get(frame, Plane.Y, x, y) - 16) / 219.0;
        double cb = (Pictures.Get(frame, Plane.U, x / 2, y / 2) - 128) / 112.0;
        double cr = (Pictures.Get(frame, Plane.V, x / 2, y / 2) - 128) / 112.0;
        (double red, double blue) = frame.IsBt709 ? (0.2126, 0.0722) : (0.299, 0.114);
        (double r, double b) = (luma + cr * (1 - red), luma + cb * (1 - blue));
        return [Level(r), Level((luma - red * r - blue * b) / (1 - red - blue)), Level(b)];
    }

    private static byte Level(double part) => (byte)Math.Clamp(part * 255 + 0.5, 0, 255);

    private static byte[] Chunk(ReadOnlySpan<byte> type, byte[] data)
    {
        byte[] chunk = new byte[12 + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        type.CopyTo(chunk.AsSpan(4));
        data.CopyTo(chunk.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + data.Length), Crc32(chunk.AsSpan(4, 4 + data.Length)));
        return chunk;
    }

    private static uint Crc32(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data)
        {
            crc ^= value;
            for (int i = 0; i < 8; i++)
                crc = crc >> 1 ^ (0xEDB88320 & (uint)-(int)(crc & 1));
        }

        return ~crc;
    }
}
