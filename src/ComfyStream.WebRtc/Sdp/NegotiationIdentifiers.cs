using System.Buffers.Text;
using System.Security.Cryptography;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>The random values of a session description, passed in so that a test can pin them.</summary>
public sealed record NegotiationIdentifiers
{
    /// <summary>sess-id of the o= line, below 2^63 (RFC 9429 5.2.1).</summary>
    public required long SessionId { get; init; }

    /// <summary>MediaStream id of all that we send.</summary>
    public required string StreamId { get; init; }

    /// <summary>RTCP CNAME (RFC 7022).</summary>
    public required string Cname { get; init; }

    /// <summary>SSRC of our sound.</summary>
    public required uint AudioSsrc { get; init; }

    /// <summary>SSRC of our picture.</summary>
    public required uint VideoSsrc { get; init; }

    /// <summary>SSRC of our picture's retransmissions (RFC 4588 4).</summary>
    public required uint VideoRtxSsrc { get; init; }

    /// <summary>New random identifiers.</summary>
    public static NegotiationIdentifiers Create()
    {
        uint audio = RandomSsrc();
        uint video = RandomSsrcBut(audio, audio);
        return new NegotiationIdentifiers
        {
            SessionId = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(8)) & long.MaxValue,
            StreamId = RandomName(),
            Cname = RandomName(),
            AudioSsrc = audio,
            VideoSsrc = video,
            VideoRtxSsrc = RandomSsrcBut(audio, video),
        };
    }

    /// <summary>Our SSRC for that kind.</summary>
    public uint Ssrc(MediaKind kind) => kind == MediaKind.Audio ? AudioSsrc : VideoSsrc;

    /// <summary>Not 0, which probes use, and not the highest ones, so that it reads as a positive number everywhere.</summary>
    private static uint RandomSsrc() => (uint)RandomNumberGenerator.GetInt32(1, int.MaxValue);

    private static uint RandomSsrcBut(uint one, uint other)
    {
        uint ssrc = RandomSsrc();
        while (ssrc == one || ssrc == other)
            ssrc = RandomSsrc();
        return ssrc;
    }

    private static string RandomName() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(12));
}
