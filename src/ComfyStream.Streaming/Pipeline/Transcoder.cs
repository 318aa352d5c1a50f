using ComfyStream.Media;
using ComfyStream.Streaming.Diagnostics;
using ComfyStream.Streaming.Streams;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Packetization;

namespace ComfyStream.Streaming.Pipeline;

/// <summary>
/// Codes a publisher's pictures again for those viewers of an output who cannot play them as they come: another codec, a lower
/// profile, or pictures in another order. It rests while there is no such viewer.
/// </summary>
internal sealed class Transcoder
{
    private readonly DecodeStage _decode;
    private readonly EncodeStage _encode;
    private readonly Vp8Packetizer _vp8 = StreamOutput.NewVp8Packetizer();
    private readonly Action _requestKeyFrame;
    private volatile bool _isNeeded = true;
    private bool _awaitsKeyFrame = true;

    /// <param name="channel">Names the threads.</param>
    /// <param name="resources">Codecs and pools.</param>
    /// <param name="output">Whose viewers it works for.</param>
    /// <param name="source">The format of the publisher's pictures; it may change.</param>
    /// <param name="requestKeyFrame">Asks the publisher for a key frame; any thread.</param>
    /// <param name="failures">Told of failures.</param>
    public Transcoder(
        string channel, PipelineResources resources, StreamOutput output, Func<VideoFormat> source, Action requestKeyFrame, StreamFailures failures)
    {
        _requestKeyFrame = requestKeyFrame;
        _encode = new EncodeStage(
            channel, resources, codec => output.Hub.WantsTranscoded(MediaCodecs.FormatOf(codec), source()),
            frame => output.PublishTranscoded(frame, _vp8), failure => failures.Report("transcode", failure));
        _decode = new DecodeStage(channel, resources, _encode.Publish, requestKeyFrame, failure => failures.Report("decode", failure));
        requestKeyFrame();
    }

    /// <summary>Whether it works; otherwise pictures pass it by.</summary>
    public bool IsNeeded
    {
        get => _isNeeded;
        set => _isNeeded = value;
    }

    /// <summary>Takes a reference to an access unit; on the publisher's event loop.</summary>
    public void Write(EncodedFrame frame)
    {
        if (!_isNeeded)
        {
            _awaitsKeyFrame = true;
            return;
        }

        if (_awaitsKeyFrame && !frame.IsKeyFrame)
        {
            _requestKeyFrame();
            return;
        }

        _awaitsKeyFrame = false;
        frame.AddReference();
        _decode.Enqueue(frame);
    }

    /// <summary>Asks for a key frame of what a viewer gets (any thread).</summary>
    public void RequestKeyFrame(PayloadFormat codec) => _encode.RequestKeyFrame(MediaCodecs.Of(codec));

    /// <summary>Stops both stages. Nobody may write any more.</summary>
    public void Complete()
    {
        _decode.Complete();
        _encode.Complete();
    }
}
