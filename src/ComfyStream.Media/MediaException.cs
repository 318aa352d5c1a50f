namespace ComfyStream.Media;

/// <summary>A codec or a media library failed; the message says what, with the library's own text.</summary>
public sealed class MediaException(string message) : Exception(message);
