using ComfyStream.Streaming.Sessions;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Packetization;

namespace ComfyStream.Streaming.Streams;

/// <summary>
/// One event loop's viewers of one hub, and the pictures that one who joins must have. Frames are published by any thread into a
/// bounded queue; the loop takes them and writes them to its viewers in one turn. All but the queue is owned by the loop.
/// </summary>
internal sealed class LoopSubscribers(EventLoop loop, SubscriberHub hub) : ILoopWork
{
    // Half a second of 60 fps video with sound: a loop that is further behind skips to the next key frame.
    private const int InboxCapacity = 64;

    // A picture and the sound beside it.
    private const int MostTogether = 4;

    // Far less than what a player holds back anyway.
    private static readonly TimeSpan MostSoundWaits = TimeSpan.FromMilliseconds(4);

    private readonly BoundedQueue<OutputFrame> _inbox = new(InboxCapacity);
    private readonly List<OutputFrame> _together = new(MostTogether);
    private readonly List<SubscriberSession> _sessions = [];
    private readonly GroupOfPictures _source = new();
    private readonly GroupOfPictures _h264 = new();
    private readonly GroupOfPictures _vp8 = new();
    private readonly SendLatency? _latency = hub.Latency is { } times ? new SendLatency(times) : null;
    private PictureCadence _cadence;
    private TimeSpan _soundWaitsUntil;
    private int _count;
    private int _posted;
    private long _skipped;
    private int _videoSkipped;

    public EventLoop Loop => loop;

    /// <summary>Frames skipped because the loop was behind.</summary>
    public long SkippedCount => Volatile.Read(ref _skipped);

    /// <summary>
    /// Queues a frame for this loop's viewers (takes a reference of its own). Pictures go there without viewers too, for the first to
    /// join.
    /// </summary>
    public void Publish(in OutputFrame frame)
    {
        if (Volatile.Read(ref _count) == 0 && !frame.IsVideo)
            return;

        frame.Packets.AddReference();
        if (!_inbox.TryEnqueue(frame))
        {
            Skip(frame);
            return;
        }

        if (Interlocked.Exchange(ref _posted, 1) != 0 || loop.Post(this))
            return;

        // The loop takes no more work, perhaps never again: nothing may wait for it.
        Volatile.Write(ref _posted, 0);
        while (_inbox.TryDequeue(out OutputFrame waiting))
            Skip(waiting);
    }

    /// <summary>Adds a viewer, and gives it what it needs to decode the next picture. False when there is none of that: it waits for a key frame.</summary>
    public bool Add(SubscriberSession session)
    {
        _sessions.Add(session);
        Volatile.Write(ref _count, _sessions.Count);
        return session.HasVideo && session.Replay(loop, FindGroup(session.Formats));
    }

    public bool Remove(SubscriberSession session)
    {
        bool removed = _sessions.Remove(session);
        Volatile.Write(ref _count, _sessions.Count);
        return removed;
    }

    /// <summary>Forgets what was coded in that codec for viewers of whom none is left, on the loop.</summary>
    public void ForgetUnwanted(PayloadFormat codec)
    {
        GroupOfPictures coded = GroupOf(codec);
        if (coded.Rendition == Rendition.Transcoded || !hub.Wants(codec))
            coded.Clear();
    }

    /// <summary>Gives all frames back. On the loop, or once it has ended; nothing is published any more.</summary>
    public void Clear()
    {
        while (_inbox.TryDequeue(out OutputFrame frame))
            frame.Packets.Release();
        ReleaseTogether();
        ForgetPictures();
    }

    /// <summary>Gives the pictures back that a viewer who joins would get; on the loop.</summary>
    public void ForgetPictures()
    {
        _source.Clear();
        _h264.Clear();
        _vp8.Clear();
    }

    /// <inheritdoc/>
    public void Run(EventLoop loop)
    {
        // Before the queue is read: a frame published from here on posts again.
        Volatile.Write(ref _posted, 0);
        if (Interlocked.Exchange(ref _videoSkipped, 0) != 0)
        {
            ForgetPictures();
            foreach (SubscriberSession session in _sessions)
                session.MissPicture();
        }

        while (_inbox.TryDequeue(out OutputFrame frame))
        {
            if (_together.Count == MostTogether || (frame.IsVideo && _together.Exists(static other => other.IsVideo)))
                SendTogether();
            _together.Add(frame);
        }

        if (!SoundWaits())
            SendTogether();
    }

    /// <summary>
    /// Whether nothing but a packet of sound is there, and a picture is about to come: in its message the packet costs each viewer far
    /// less than a message of its own.
    /// </summary>
    private bool SoundWaits()
    {
        if (_together is not [{ IsVideo: false }])
            return false;

        TimeSpan now = EventLoop.Now;
        if (_soundWaitsUntil == TimeSpan.Zero)
        {
            if (!_cadence.ExpectsWithin(now, MostSoundWaits))
                return false;
            _soundWaitsUntil = now + MostSoundWaits;
            loop.RunAt(_soundWaitsUntil, this);
        }

        return now < _soundWaitsUntil;
    }

    private void SendTogether()
    {
        _soundWaitsUntil = TimeSpan.Zero;
        try
        {
            foreach (OutputFrame frame in _together)
            {
                if (frame.IsVideo)
                    Keep(frame);
            }

            foreach (SubscriberSession session in _sessions)
            {
                foreach (OutputFrame frame in _together)
                    session.Write(frame);
                session.Flush(loop);
            }
        }
        finally
        {
            ReleaseTogether();
        }
    }

    private void ReleaseTogether()
    {
        foreach (OutputFrame frame in _together)
        {
            if (frame is { IsVideo: true, Rendition: not Rendition.Slate } && _sessions.Count > 0)
                _latency?.Observe(loop, frame.Packets.SourceArrival);
            frame.Packets.Release();
        }

        _together.Clear();
    }

    private GroupOfPictures FindGroup(ViewerFormats viewer) =>
        _source.Frames.Count > 0 && viewer.Plays(_source.Frames[0].Format!) ? _source : GroupOf(viewer.PreferredCodec);

    private GroupOfPictures GroupOf(PayloadFormat codec) => codec == PayloadFormat.Vp8 ? _vp8 : _h264;

    private void Keep(in OutputFrame frame)
    {
        if (frame.Rendition is Rendition.Source or Rendition.Encoded)
            _cadence.Note(EventLoop.Now);
        if (frame.Packets.IsKeyFrame)
            ForgetReplaced(frame.Rendition);
        if (frame.Rendition == Rendition.Source)
            _source.Add(frame, EventLoop.Now);
        else if (hub.Wants(frame.Packets.Format))
            GroupOf(frame.Packets.Format).Add(frame, EventLoop.Now);
    }

    // What the output showed before, and no viewer is to see any more.
    private void ForgetReplaced(Rendition begun)
    {
        if (begun is Rendition.Encoded or Rendition.Slate)
            _source.Clear();
        ForgetUnless(_h264, begun);
        ForgetUnless(_vp8, begun);
    }

    // The forwarded and the transcoded picture go side by side.
    private static void ForgetUnless(GroupOfPictures coded, Rendition begun)
    {
        Rendition accepted = begun == Rendition.Source ? Rendition.Transcoded : begun;
        if (coded.Rendition != accepted)
            coded.Clear();
    }

    private void Skip(in OutputFrame frame)
    {
        if (frame.IsVideo)
            Volatile.Write(ref _videoSkipped, 1);
        frame.Packets.Release();
        Interlocked.Increment(ref _skipped);
    }
}
