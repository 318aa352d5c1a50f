using ComfyStream.Media;

namespace ComfyStream.Streaming.Pipeline;

/// <summary>What all pipelines of the relay share.</summary>
internal sealed record PipelineResources(ICodecFactory Codecs, InferencePool Inference, VideoFramePool VideoFrames, EncodedFramePool EncodedFrames);
