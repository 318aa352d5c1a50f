using System.Buffers.Binary;

namespace ComfyStream.Media.Tests;

/// <summary>The container that VP8 is exchanged in with ffmpeg: a file header of 32 bytes, then each frame behind its length and number.</summary>
internal static class Ivf
{
    private const int HeaderBytes = 32;
    private const int FrameHeaderBytes = 12;

    public static byte[] Join(IReadOnlyList<byte[]> frames, int width, int height)
    {
        MemoryStream file = new();
        Span<byte> header = stackalloc byte[HeaderBytes];
        "DKIF"u8.CopyTo(header);
        BinaryPrimitives.WriteInt16LittleEndian(header[6..], HeaderBytes);
        "VP80"u8.CopyTo(header[8..]);
        BinaryPrimitives.WriteInt16LittleEndian(header[12..], (short)width);
        BinaryPrimitives.WriteInt16LittleEndian(header[14..], (short)height);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], 30);
        BinaryPrimitives.WriteInt32LittleEndian(header[20..], 1);
        BinaryPrimitives.WriteInt32LittleEndian(header[24..], frames.Count);
        file.Write(header);
        Span<byte> frameHeader = stackalloc byte[FrameHeaderBytes];
        for (int i = 0; i < frames.Count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(frameHeader, frames[i].Length);
            BinaryPrimitives.WriteInt64LittleEndian(frameHeader[4..], i);
            file.Write(frameHeader);
            file.Write(frames[i]);
        }

        return file.ToArray();
    }

    public static List<byte[]> Split(byte[] file)
    {
        List<byte[]> frames = [];
        for (int at = HeaderBytes; at < file.Length;)
        {
            int byteCount = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at));
            frames.Add(file.AsSpan(at + FrameHeaderBytes, byteCount).ToArray());
            at += FrameHeaderBytes + byteCount;
        }

        return frames;
    }
}
