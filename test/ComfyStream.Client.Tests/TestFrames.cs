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

        // Parameter sets first, as every encoder's key frames have them: a receiver needs them to know the beginning.
        byte[] start = isKeyFrame
            ? [0, 0, 0, 1, 0x67, 0x42, 0xE0, 0x1F, 0, 0, 0, 1, 0x68, 0xCE, 0, 0, 0, 1, 0x65, 0x88]
            : [0, 0, 0, 1, 0x41, 0x9A];
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
