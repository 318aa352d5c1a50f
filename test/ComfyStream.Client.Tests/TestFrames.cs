using ComfyStream.Media;
using ComfyStream.Transport;

namespace ComfyStream.Client.Tests;

/// <summary>Coded frames of arbitrary content.</summary>
internal static class TestFrames
{
    public static byte[] MakeAccessUnit(int byteCount, bool isKeyFrame)
    {
        byte[] data = new byte[byteCount];
        Array.Fill(data, (byte)0xA5);
        byte[] start = [0, 0, 0, 1, (byte)(isKeyFrame ? 0x65 : 0x41)];
        start.CopyTo(data, 0);
        return data;
    }

    public static EncodedFrame Rent(EncodedFramePool pool, MediaCodec codec, byte[] data, bool isKeyFrame)
    {
        EncodedFrame frame = pool.Rent(data.Length);
        data.CopyTo(frame.WritableData);
        frame.Codec = codec;
        frame.IsKeyFrame = isKeyFrame;
        frame.MediaTime = EventLoop.Now;
        frame.FirstArrival = frame.LastArrival = frame.MediaTime;
        return frame;
    }
}
