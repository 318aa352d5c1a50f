namespace ComfyStream.Media;

/// <summary>Decodes one stream of access units. Owned by one thread.</summary>
public interface IVideoDecoder : IDisposable
{
    /// <summary>Gives an access unit to the decoder (borrowed). False when it was refused or is broken: ask for a key frame.</summary>
    bool TryWrite(EncodedFrame frame);

    /// <summary>
    /// Takes the next picture in display order, with the times of the access unit that it came from; call until false.
    /// The caller owns it. Its size and colour may change from picture to picture.
    /// </summary>
    bool TryRead(out VideoFrame? frame);
}
