using ComfyStream.Media;

namespace ComfyStream.Streaming.Pipeline;

/// <summary>What all pipelines of the relay share.</summary>
/// <param name="BitRate">Target of encoders in bit/s.</param>
internal sealed record PipelineResources(
    ICodecFactory Codecs, InferencePool Inference, VideoFramePool VideoFrames, EncodedFramePool EncodedFrames, int BitRate);
