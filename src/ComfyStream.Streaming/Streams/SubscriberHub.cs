using ComfyStream.Streaming.Diagnostics;
using ComfyStream.Streaming.Sessions;
using ComfyStream.Transport;
using ComfyStream.WebRtc.Packetization;

namespace ComfyStream.Streaming.Streams;

/// <summary>
/// Hands each frame of one output (processed or raw) to its viewers: one reference and one post per event loop that has any.
/// Any thread publishes; each loop owns its own list of viewers.
/// </summary>
internal sealed class SubscriberHub
{
    private readonly LoopSubscribers[] _perLoop;
    private readonly Action _requestKeyFrame;
    private int _count;
    private int _videoCount;

    /// <param name="requestKeyFrame">Asks whatever feeds this hub for a key frame; any thread, coalesced there.</param>
    /// <param name="latency">Records the pictures' time from their last packet in to their last packet out; null measures nothing.</param>
    public SubscriberHub(IReadOnlyList<EventLoop> loops, Action requestKeyFrame, StageTimes? latency = null)
    {
        _requestKeyFrame = requestKeyFrame;
        Latency = latency;
        _perLoop = [.. loops.Select(loop => new LoopSubscribers(loop, this))];
    }

    /// <summary>Connected viewers on all loops.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Connected viewers that take pictures.</summary>
    public int VideoCount => Volatile.Read(ref _videoCount);

    /// <summary>From a picture's last packet in to its last packet out, to all viewers of a loop.</summary>
    public StageTimes? Latency { get; }

    /// <summary>Frames that a loop had no room for in its inbox.</summary>
    public long SkippedCount => _perLoop.Sum(loop => loop.SkippedCount);

    /// <summary>Sends a frame to all viewers (takes it).</summary>
    public void Publish(PacketizedFrame frame)
    {
        foreach (LoopSubscribers loop in _perLoop)
            loop.Publish(frame);
        frame.Release();
    }

    /// <summary>Adds a connected viewer (on its loop).</summary>
    public void Add(EventLoop loop, SubscriberSession session)
    {
        ForLoop(loop).Add(session);
        Interlocked.Increment(ref _count);
        if (!session.HasVideo)
            return;
        Interlocked.Increment(ref _videoCount);
        _requestKeyFrame();
    }

    /// <summary>Removes a viewer (on its loop). Nothing happens when it is not there.</summary>
    public void Remove(EventLoop loop, SubscriberSession session)
    {
        if (!ForLoop(loop).Remove(session))
            return;
        Interlocked.Decrement(ref _count);
        if (session.HasVideo)
            Interlocked.Decrement(ref _videoCount);
    }

    /// <summary>Asks for a key frame for a viewer.</summary>
    public void RequestKeyFrame() => _requestKeyFrame();

    private LoopSubscribers ForLoop(EventLoop loop) => Array.Find(_perLoop, candidate => candidate.Loop == loop)!;
}
