using ComfyStream.Streaming.Diagnostics;
using ComfyStream.Streaming.Sessions;
using ComfyStream.Transport;
using ComfyStream.WebRtc;

namespace ComfyStream.Streaming.Streams;

/// <summary>
/// Hands each frame of one output (processed or raw) to its viewers: one reference and one post per event loop. Any thread
/// publishes; each loop owns its own list of viewers.
/// </summary>
internal sealed class SubscriberHub
{
    private readonly LoopSubscribers[] _perLoop;
    private readonly Action<ViewerFormats, bool> _requestKeyFrame;
    private readonly int[] _perFormats = new int[ViewerFormats.Count];
    private int _count;
    private int _videoCount;
    private int _waitingForH264;
    private int _waitingForVp8;

    /// <param name="requestKeyFrame">Asks for a key frame for a viewer, who joins (true) or missed a picture; any thread.</param>
    /// <param name="latency">Records the pictures' time from their last packet in to their last packet out; null measures nothing.</param>
    public SubscriberHub(IReadOnlyList<EventLoop> loops, Action<ViewerFormats, bool> requestKeyFrame, StageTimes? latency = null)
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

    /// <summary>Whether a viewer takes pictures that we code, in that codec.</summary>
    public bool Wants(PayloadFormat codec) => Any(codec, static (_, _) => true, null);

    /// <summary>Whether a viewer who cannot play that source wants it coded again in that codec.</summary>
    public bool WantsTranscoded(PayloadFormat codec, VideoFormat source) => Any(codec, static (viewer, source) => !viewer.Plays(source!), source);

    /// <summary>Whether a viewer who could play the source waits for a key frame of it, and would take it coded again in that codec.</summary>
    public bool HasWaiting(PayloadFormat codec) => Volatile.Read(ref WaitingFor(codec)) > 0;

    /// <summary>Counts viewers who wait for a key frame of the source.</summary>
    public void CountWaiting(ViewerFormats viewer, int change) => Interlocked.Add(ref WaitingFor(viewer.PreferredCodec), change);

    /// <summary>Sends a frame to all viewers (borrowed).</summary>
    public void Publish(in OutputFrame frame)
    {
        foreach (LoopSubscribers loop in _perLoop)
            loop.Publish(frame);
    }

    /// <summary>Adds a connected viewer (on its loop).</summary>
    public void Add(EventLoop loop, SubscriberSession session)
    {
        // Counted first: what is asked for below is made for those who are counted.
        Interlocked.Increment(ref _count);
        if (session.HasVideo)
        {
            Interlocked.Increment(ref _videoCount);
            Interlocked.Increment(ref _perFormats[session.Formats.Index]);
        }

        if (!ForLoop(loop).Add(session) && session.HasVideo)
            _requestKeyFrame(session.Formats, true);
    }

    /// <summary>Removes a viewer (on its loop). Nothing happens when it is not there.</summary>
    public void Remove(EventLoop loop, SubscriberSession session)
    {
        if (!ForLoop(loop).Remove(session))
            return;
        Interlocked.Decrement(ref _count);
        if (!session.HasVideo)
            return;
        Interlocked.Decrement(ref _videoCount);
        if (Interlocked.Decrement(ref _perFormats[session.Formats.Index]) == 0)
            ForgetUnwanted(session.Formats.PreferredCodec);
    }

    /// <summary>Asks for a key frame for a viewer who missed a picture.</summary>
    public void RequestKeyFrame(ViewerFormats viewer) => _requestKeyFrame(viewer, false);

    /// <summary>What was shown so far is not for those who join from now on (any thread).</summary>
    public void ForgetPictures()
    {
        foreach (LoopSubscribers loop in _perLoop)
            loop.Loop.Post(_ => loop.ForgetPictures());
    }

    /// <summary>Gives all frames back, on the loops. Nobody publishes or joins any more.</summary>
    public void Close()
    {
        foreach (LoopSubscribers loop in _perLoop)
        {
            if (!loop.Loop.Post(_ => loop.Clear()))
                loop.Clear();
        }
    }

    // What was coded for viewers who have all gone is not kept up any more: the next one would be shown the past.
    private void ForgetUnwanted(PayloadFormat codec)
    {
        foreach (LoopSubscribers loop in _perLoop)
            loop.Loop.Post(_ => loop.ForgetUnwanted(codec));
    }

    private ref int WaitingFor(PayloadFormat codec) => ref codec == PayloadFormat.Vp8 ? ref _waitingForVp8 : ref _waitingForH264;

    private bool Any(PayloadFormat codec, Func<ViewerFormats, VideoFormat?, bool> predicate, VideoFormat? source)
    {
        for (int i = 0; i < _perFormats.Length; i++)
        {
            if (Volatile.Read(ref _perFormats[i]) > 0 && ViewerFormats.At(i) is var viewer && viewer.PreferredCodec == codec && predicate(viewer, source))
                return true;
        }

        return false;
    }

    private LoopSubscribers ForLoop(EventLoop loop) => Array.Find(_perLoop, candidate => candidate.Loop == loop)!;
}
