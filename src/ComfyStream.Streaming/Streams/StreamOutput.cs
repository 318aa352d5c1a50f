using System.Security.Cryptography;
using ComfyStream.Media;
using ComfyStream.Media.Slates;
using ComfyStream.Streaming.Diagnostics;
using ComfyStream.Streaming.Pipeline;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Packetization;

namespace ComfyStream.Streaming.Streams;

/// <summary>
/// What the viewers of a channel get: the workflow's result, or the input as it came (raw). It outlives publishers and workflows, and
/// shows a slate while there is no picture. Each frame is cut into packets once for all viewers.
/// </summary>
internal sealed class StreamOutput : IDisposable
{
    private static readonly TimeSpan SlateInterval = TimeSpan.FromSeconds(1);
    private static readonly PayloadFormat[] _codecs = [PayloadFormat.H264, PayloadFormat.Vp8];

    private readonly PacketizedFramePool _packetizedFrames;
    private readonly KeyFrameRequests _keyFrameRequests = new();
    private readonly LatencyPercentile _latency = new();
    private readonly Vp8Packetizer _encodedVp8 = NewVp8Packetizer();
    private readonly Vp8Packetizer _slateVp8 = NewVp8Packetizer();
    private readonly TimeSpan[] _lastSlates = new TimeSpan[2];
    private readonly Lazy<EncodeStage>? _encoder;
    private readonly Lock _turns = new();
    private Rendition _shown = Rendition.Source;
    private volatile IKeyFrameSource? _source;
    private int _width = 1280;
    private int _height = 720;
    private int _slateCount;
    private bool _showsSlate;

    /// <param name="loops">The event loops that viewers are on.</param>
    /// <param name="packetizedFrames">Where packetized frames come from.</param>
    /// <param name="watch">Decides when a slate is shown.</param>
    /// <param name="makeEncoder">Makes the stage that codes the workflow's pictures around its output; null without codecs.</param>
    /// <param name="latency">Records the time of pictures from their last packet in to their last packet out.</param>
    public StreamOutput(
        IReadOnlyList<EventLoop> loops, PacketizedFramePool packetizedFrames, PictureWatch watch,
        Func<StreamOutput, EncodeStage>? makeEncoder, StageTimes? latency = null)
    {
        _packetizedFrames = packetizedFrames;
        Watch = watch;
        Hub = new SubscriberHub(loops, RequestKeyFrame, latency);
        _encoder = makeEncoder is null ? null : new Lazy<EncodeStage>(() => makeEncoder(this));
    }

    /// <summary>Its viewers.</summary>
    public SubscriberHub Hub { get; }

    /// <summary>What it shows.</summary>
    public PictureWatch Watch { get; }

    /// <summary>Codes the workflow's pictures; there is none before the first workflow.</summary>
    public EncodeStage? Encoder => _encoder is { IsValueCreated: true } encoder ? encoder.Value : null;

    /// <summary>A slow 95th percentile of what the picture takes through the workflow.</summary>
    public TimeSpan Latency => _latency.Value;

    /// <summary>Slates sent.</summary>
    public long SlateCount => Volatile.Read(ref _slateCount);

    /// <summary>Says who is asked for key frames: the publisher's input, or nobody.</summary>
    public IKeyFrameSource? Source
    {
        set => _source = value;
    }

    /// <summary>
    /// Says which pictures are sent from now on (any thread): the publisher's, or the workflow's. What is still under way of the other
    /// ones is not: a viewer who got one of them in between could not decode the next.
    /// </summary>
    public void Show(bool isSource)
    {
        lock (_turns)
            _shown = isSource ? Rendition.Source : Rendition.Encoded;
        if (!isSource)
            Encoder?.BeginAnew();
    }

    /// <summary>Starts to take the workflow's pictures.</summary>
    public EncodeStage StartEncoder() => _encoder!.Value;

    /// <summary>Sends a frame of the publisher (borrowed).</summary>
    public void Forward(PacketizedFrame packets, VideoFormat? format)
    {
        if (format is not null)
            Watch.NoteShown(EventLoop.Now);
        if (format is not null && packets.IsKeyFrame)
            _keyFrameRequests.NoteKeyFrame();
        Hub.Publish(new OutputFrame(packets, Rendition.Source, format));
    }

    /// <summary>Sends a picture of the workflow (takes it), and measures how long it took up to here; on the encode thread.</summary>
    public void PublishEncoded(EncodedFrame frame)
    {
        TimeSpan now = EventLoop.Now;
        _latency.Record(now - frame.LastArrival);

        // The input in place of a failing workflow does not make it live.
        if (Watch.Showing != Showing.Input)
            Watch.NoteShown(now);
        Publish(frame, Rendition.Encoded, _encodedVp8);
    }

    /// <summary>Sends a picture that was coded again (takes it).</summary>
    public void PublishTranscoded(EncodedFrame frame, Vp8Packetizer vp8)
    {
        Watch.NoteShown(EventLoop.Now);
        Publish(frame, Rendition.Transcoded, vp8);
    }

    /// <summary>Passes on a request for a key frame that had to wait; on the supervisor's thread, which calls it often.</summary>
    public void PassWaitingRequest(TimeSpan now)
    {
        if (_keyFrameRequests.TryTakeDue(now, out ViewerFormats viewer))
            _source?.RequestKeyFrame(this, viewer);
    }

    /// <summary>Sends what the watch decided, as far as that is a slate; on the supervisor's thread, which calls it often.</summary>
    /// <param name="now">Monotonic time.</param>
    /// <param name="slates">The coded slates.</param>
    /// <param name="width">Width of the pictures, 0 when there are none.</param>
    /// <param name="height">Height of the pictures.</param>
    public void ShowSlate(TimeSpan now, SlateShelf slates, int width, int height)
    {
        if (width > 0)
            (_width, _height) = (width, height);
        if (!Watch.Showing.IsSlate())
        {
            _showsSlate = false;
            return;
        }

        if (!_showsSlate)
            Array.Fill(_lastSlates, now - SlateInterval);
        _showsSlate = true;
        for (int i = 0; i < _codecs.Length; i++)
        {
            if (now - _lastSlates[i] < SlateInterval || !Hub.Wants(_codecs[i]))
                continue;
            _lastSlates[i] = now;
            if (slates.Find(MediaCodecs.Of(_codecs[i]), _width, _height, Watch.Showing) is { } slate)
                Publish(now, slate, _codecs[i]);
        }
    }

    /// <summary>Stops the encoder and gives all frames back. Nobody publishes or joins any more.</summary>
    public void Dispose()
    {
        Encoder?.Complete();
        Hub.Close();
    }

    /// <summary>Cuts a frame (borrowed) into packets, which the caller owns; null when there is nothing to send in it.</summary>
    public static PacketizedFrame? Packetize(PacketizedFramePool pool, EncodedFrame frame, Vp8Packetizer vp8, VideoFormat? format)
    {
        PacketizedFrame packets = pool.Rent(frame.ByteCount);
        packets.Begin(
            format is null ? MediaKind.Audio : MediaKind.Video, frame.MediaTime, frame.IsKeyFrame, frame.LastArrival,
            format?.Profile ?? default);
        Append(frame.Data, packets, format?.Codec ?? PayloadFormat.Opus, vp8);
        if (packets.PacketCount > 0)
            return packets;
        packets.Release();
        return null;
    }

    /// <summary>Numbers the pictures of a source of VP8 from a random one on.</summary>
    public static Vp8Packetizer NewVp8Packetizer() => new((ushort)RandomNumberGenerator.GetInt32(1 << 15));

    private static void Append(ReadOnlySpan<byte> data, PacketizedFrame packets, PayloadFormat codec, Vp8Packetizer vp8)
    {
        switch (codec)
        {
            case PayloadFormat.H264:
                H264Packetizer.Packetize(data, packets);
                break;
            case PayloadFormat.Vp8:
                vp8.Packetize(data, packets);
                break;
            default:
                data.CopyTo(packets.AppendPacket(data.Length));
                break;
        }
    }

    private void Publish(EncodedFrame frame, Rendition rendition, Vp8Packetizer vp8)
    {
        if (frame.IsKeyFrame)
            _keyFrameRequests.NoteKeyFrame();
        VideoFormat format = VideoFormat.OfOurs(MediaCodecs.FormatOf(frame.Codec));
        if (Packetize(_packetizedFrames, frame, vp8, format) is { } packets)
        {
            PublishInTurn(new OutputFrame(packets, rendition, format));
            packets.Release();
        }

        frame.Release();
    }

    private void PublishInTurn(in OutputFrame frame)
    {
        lock (_turns)
        {
            if ((frame.Rendition == Rendition.Encoded) == (_shown == Rendition.Encoded))
                Hub.Publish(frame);
        }
    }

    private void Publish(TimeSpan now, EncodedSlate slate, PayloadFormat codec)
    {
        ReadOnlySpan<byte> picture = slate.Picture(_slateCount++);
        PacketizedFrame packets = _packetizedFrames.Rent(picture.Length);
        packets.Begin(MediaKind.Video, now, isKeyFrame: true, now);
        Append(picture, packets, codec, _slateVp8);
        Hub.Publish(new OutputFrame(packets, Rendition.Slate, VideoFormat.OfOurs(codec)));
        packets.Release();

        // What the viewers decode next follows from nothing that they have.
        Encoder?.BeginAnew();
    }

    private void RequestKeyFrame(ViewerFormats viewer, bool isJoining)
    {
        if (_keyFrameRequests.Allows(EventLoop.Now, viewer, isJoining))
            _source?.RequestKeyFrame(this, viewer);
    }
}

/// <summary>Whatever feeds an output.</summary>
internal interface IKeyFrameSource
{
    /// <summary>Asks for a key frame of what a viewer of that output gets; any thread.</summary>
    void RequestKeyFrame(StreamOutput output, ViewerFormats viewer);
}
