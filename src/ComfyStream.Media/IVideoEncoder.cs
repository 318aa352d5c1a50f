namespace ComfyStream.Media;

/// <summary>Encodes pictures of one size without delay: one picture in, at most one access unit out. Owned by one thread.</summary>
public interface IVideoEncoder : IDisposable
{
    /// <summary>Width of the pictures that it takes, in pixels.</summary>
    int Width { get; }

    /// <summary>Height of the pictures that it takes, in pixels.</summary>
    int Height { get; }

    /// <summary>Target in bit/s; may be changed between pictures. Kept from the next key frame on at the latest.</summary>
    int BitRate { get; set; }

    /// <summary>
    /// Encodes a picture (borrowed); its times travel with the result, which the caller owns. False when the encoder skipped it.
    /// Every key frame carries its parameter sets in band.
    /// </summary>
    /// <exception cref="MediaException">The encoder failed and must be replaced.</exception>
    bool TryEncode(VideoFrame frame, bool forceKeyFrame, out EncodedFrame? encoded);
}
