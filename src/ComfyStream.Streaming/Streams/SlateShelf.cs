using ComfyStream.Media;
using ComfyStream.Media.Slates;

namespace ComfyStream.Streaming.Streams;

/// <summary>
/// The coded slates of the relay: each is coded once for its codec, size and words, and shown by all streams. Owned by the
/// supervisor's thread.
/// </summary>
internal sealed class SlateShelf(ICodecFactory codecs)
{
    // A slate takes some ten kilobytes; sizes are the publishers' choice.
    private const int MostSlates = 64;

    private readonly Dictionary<(MediaCodec Codec, int Width, int Height, Showing Reason), EncodedSlate?> _slates = [];

    /// <summary>The slate that says so; null when it cannot be coded here.</summary>
    public EncodedSlate? Find(MediaCodec codec, int width, int height, Showing reason)
    {
        if (_slates.TryGetValue((codec, width, height, reason), out EncodedSlate? slate))
            return slate;
        if (_slates.Count == MostSlates)
            _slates.Clear();

        (string title, string detail) = Words(reason);
        try
        {
            slate = EncodedSlate.Create(codecs, codec, width, height, title, detail);
        }
        catch (MediaException)
        {
            // The codec is missing or refuses the size: viewers keep the last picture.
        }

        _slates.Add((codec, width, height, reason), slate);
        return slate;
    }

    private static (string Title, string Detail) Words(Showing reason) => reason switch
    {
        Showing.NoPublisherSlate => ("Waiting for the stream", "Nobody publishes here yet."),
        Showing.InterruptedSlate => ("The stream is interrupted", "Waiting for the publisher to come back."),
        Showing.NoPictureSlate => ("Waiting for the picture", "The publisher is connected and sends no picture."),
        _ => ("Please wait", "The workflow gives no picture at the moment."),
    };
}
