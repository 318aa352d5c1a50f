namespace ComfyStream.WebRtc.Sdp;

/// <summary>What a session description may hold at most; real offers stay far below (protocol limits against hostile input).</summary>
internal static class SdpLimits
{
    public const int MaxCharacters = 64 * 1024;
    public const int MaxLines = 1000;
    public const int MaxMediaSections = 16;
    public const int MaxPayloadTypes = 128;

    /// <summary>Candidates kept per transport; further ones are ignored, since they are hints.</summary>
    public const int MaxCandidates = 32;

    /// <summary>Payload types kept in a section of an answer, so that it stays small enough for every client's buffer (FFmpeg: 8 KiB).</summary>
    public const int MaxAnsweredCodecs = 16;
}
