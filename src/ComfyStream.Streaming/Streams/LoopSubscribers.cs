using ComfyStream.Streaming.Sessions;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Packetization;

namespace ComfyStream.Streaming.Streams;

/// <summary>
/// One event loop's viewers of one hub. Frames are published by any thread into a bounded queue; the loop takes them and writes
/// them to its viewers in one turn. The list is owned by the loop.
/// </summary>
internal sealed class LoopSubscribers(EventLoop loop, SubscriberHub hub) : ILoopWork
{
    // Half a second of 60 fps video with sound: a loop that is further behind skips to the next key frame.
    private const int InboxCapacity = 64;

    private readonly BoundedQueue<PacketizedFrame> _inbox = new(InboxCapacity);
    private readonly List<SubscriberSession> _sessions = [];
    private readonly SendLatency? _latency = hub.Latency is { } times ? new SendLatency(times) : null;
    private int _count;
    private int _posted;
    private long _skipped;
    private int _videoSkipped;

    public EventLoop Loop => loop;

    /// <summary>Frames skipped because the loop was behind.</summary>
    public long SkippedCount => Volatile.Read(ref _skipped);

    /// <summary>Queues a frame for this loop's viewers (takes a reference of its own).</summary>
    public void Publish(PacketizedFrame frame)
    {
        if (Volatile.Read(ref _count) == 0)
            return;

        frame.AddReference();
        if (!_inbox.TryEnqueue(frame))
        {
            Skip(frame);
            return;
        }

        if (Interlocked.Exchange(ref _posted, 1) != 0 || loop.Post(this))
            return;

        // The loop takes no more work, perhaps never again: nothing may wait for it.
        Volatile.Write(ref _posted, 0);
        while (_inbox.TryDequeue(out PacketizedFrame? waiting))
            Skip(waiting);
    }

    public void Add(SubscriberSession session)
    {
        _sessions.Add(session);
        Volatile.Write(ref _count, _sessions.Count);
    }

    public bool Remove(SubscriberSession session)
    {
        bool removed = _sessions.Remove(session);
        Volatile.Write(ref _count, _sessions.Count);
        if (_sessions.Count == 0)
            Drain();
        return removed;
    }

    /// <inheritdoc/>
    public void Run(EventLoop loop)
    {
        // Before the queue is read: a frame published from here on posts again.
        Volatile.Write(ref _posted, 0);
        if (Interlocked.Exchange(ref _videoSkipped, 0) != 0)
        {
            foreach (SubscriberSession session in _sessions)
                session.AwaitKeyFrame();
            hub.RequestKeyFrame();
        }

        while (_inbox.TryDequeue(out PacketizedFrame? frame))
        {
            try
            {
                foreach (SubscriberSession session in _sessions)
                    session.Write(loop, frame);
            }
            finally
            {
                if (frame.Kind == MediaKind.Video)
                    _latency?.Observe(loop, frame.SourceArrival);
                frame.Release();
            }
        }
    }

    private void Skip(PacketizedFrame frame)
    {
        if (frame.Kind == MediaKind.Video)
            Volatile.Write(ref _videoSkipped, 1);
        frame.Release();
        Interlocked.Increment(ref _skipped);
    }

    private void Drain()
    {
        while (_inbox.TryDequeue(out PacketizedFrame? frame))
            frame.Release();
    }
}
