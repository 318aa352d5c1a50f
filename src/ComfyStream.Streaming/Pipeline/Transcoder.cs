using ComfyStream.Media;
using ComfyStream.Streaming.Diagnostics;
using ComfyStream.Streaming.Streams;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Packetization;

namespace ComfyStream.Streaming.Pipeline;

/// <summary>
/// Codes a publisher's pictures again for those viewers of an output who cannot play them as they come: another codec, a lower
/// profile, pictures in another order, or a publisher that leaves them waiting for a key frame. It rests while there is no such viewer.
/// </summary>
internal sealed class Transcoder
{
    private readonly DecodeStage _decode;
    private readonly EncodeStage _encode;
    private readonly Vp8Packetizer _vp8 = StreamOutput.NewVp8Packetizer();
    private readonly Action _requestKeyFrame;
    private volatile bool _isNeeded;
    private volatile bool _isReady;
    private bool _awaitsKeyFrame = true;

    /// <param name="channel">Names the threads.</param>
    /// <param name="resources">Codecs and pools.</param>
    /// <param name="output">Whose viewers it works for.</param>
    /// <param name="isWanted">Whether one of them takes that codec.</param>
    /// <param name="requestKeyFrame">Asks the publisher for a key frame; any thread.</param>
    /// <param name="failures">Told of failures.</param>
    public Transcoder(
        string channel, PipelineResources resources, StreamOutput output, Func<PayloadFormat, bool> isWanted, Action requestKeyFrame, StreamFailures failures)
    {
        _requestKeyFrame = requestKeyFrame;
        _encode = new EncodeStage(
            channel, resources, codec => isWanted(MediaCodecs.FormatOf(codec)),
            frame => output.PublishTranscoded(frame, _vp8), failure => failures.Report("transcode", failure));
        _decode = new DecodeStage(channel, resources, OnDecoded, requestKeyFrame, failure => failures.Report("decode", failure));
    }

    /// <summary>Whether it works.</summary>
    public bool IsNeeded => _isNeeded;

    /// <summary>Says what it does from now on; on the supervisor's thread.</summary>
    /// <param name="isNeeded">There is a viewer for it.</param>
    /// <param name="isReady">There may be one at any time: it decodes, so that it need not wait for a key frame then.</param>
    public void Set(bool isNeeded, bool isReady)
    {
        if (isNeeded && !_isNeeded)
            _encode.BeginAnew();
        _isNeeded = isNeeded;
        _isReady = isReady;
    }

    /// <summary>Takes a reference to an access unit; on the publisher's event loop.</summary>
    public void Write(EncodedFrame frame)
    {
        if (!_isNeeded && !_isReady)
        {
            _awaitsKeyFrame = true;
            return;
        }

        if (_awaitsKeyFrame && !frame.IsKeyFrame)
        {
            if (_isNeeded)
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

    private void OnDecoded(VideoFrame frame)
    {
        if (_isNeeded)
            _encode.Publish(frame);
        else
            frame.Return();
    }
}
