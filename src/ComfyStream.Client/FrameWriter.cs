using System.Security.Cryptography;
using ComfyStream.Media;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Packetization;

namespace ComfyStream.Client;

/// <summary>
/// Packetizes frames on the caller's thread and hands them to the peer on its loop through a bounded queue. Allocates nothing once
/// warm. One thread writes at a time.
/// </summary>
internal sealed class FrameWriter(ClientConnection connection, Action onPictureLost) : ILoopWork
{
    // A loop that is so many frames behind is not going to send them in time.
    private const int MaxPending = 32;

    private readonly BoundedQueue<PacketizedFrame> _pending = new(MaxPending);
    private readonly PacketizedFramePool _pool = new();
    private readonly Vp8Packetizer _vp8 = new((ushort)RandomNumberGenerator.GetInt32(1 << 15));
    private int _isPosted;
    private long _dropped;

    /// <summary>Frames that were not sent (any thread).</summary>
    public long DroppedCount => Volatile.Read(ref _dropped);

    /// <summary>Queues a frame (borrowed). False when it was dropped.</summary>
    public bool TryWrite(EncodedFrame frame)
    {
        if (connection.State is not (PeerConnectionState.Connected or PeerConnectionState.Disconnected) || connection.Loop is not { } loop)
            return Drop();

        PacketizedFrame packets = _pool.Rent(frame.ByteCount);
        packets.Begin(frame.Codec == MediaCodec.Opus ? MediaKind.Audio : MediaKind.Video, frame.MediaTime, frame.IsKeyFrame, frame.LastArrival);
        int count = frame.Codec switch
        {
            MediaCodec.H264 => H264Packetizer.Packetize(frame.Data, packets),
            MediaCodec.Vp8 => _vp8.Packetize(frame.Data, packets),
            _ => OpusPacketizer.Packetize(frame.Data, packets),
        };
        if (count == 0 || !_pending.TryEnqueue(packets))
        {
            packets.Release();
            return Drop();
        }

        if (Interlocked.Exchange(ref _isPosted, 1) == 0 && !loop.Post(this))
            Volatile.Write(ref _isPosted, 0);
        return true;
    }

    /// <inheritdoc/>
    public void Run(EventLoop loop)
    {
        // Before the queue is read: a frame that comes from here on posts again.
        Interlocked.Exchange(ref _isPosted, 0);
        while (_pending.TryDequeue(out PacketizedFrame? packets))
        {
            bool isVideo = packets.Kind == MediaKind.Video;
            bool isWritten = false;
            if (connection.Peer is { } peer)
            {
                isWritten = peer.WriteFrame(EventLoop.Now, packets);
                loop.Touch(peer);
            }

            packets.Release();
            if (isWritten)
                continue;
            Drop();
            if (isVideo)
                onPictureLost();
        }
    }

    private bool Drop()
    {
        Interlocked.Increment(ref _dropped);
        return false;
    }
}
