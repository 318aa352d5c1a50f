using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Sdp;

namespace ComfyStream.Streaming.Streams;

/// <summary>What a coded picture asks of a player. Immutable.</summary>
/// <param name="Codec">H.264 or VP8.</param>
/// <param name="Profile">Profile of H.264.</param>
/// <param name="IsReordered">Pictures are sent in another order than they are shown in (B-frames), which no WebRTC player undoes.</param>
internal sealed record VideoFormat(
    PayloadFormat Codec, H264Profile Profile = H264Profile.ConstrainedBaseline, bool IsReordered = false)
{
    /// <summary>What our encoders write: every player of that codec plays it.</summary>
    public static VideoFormat OfOurs(PayloadFormat codec) => codec == PayloadFormat.Vp8 ? _vp8 : _h264;

    private static readonly VideoFormat _h264 = new(PayloadFormat.H264);
    private static readonly VideoFormat _vp8 = new(PayloadFormat.Vp8);
}

/// <summary>What a viewer plays, by the payload types of its answer. Immutable.</summary>
internal readonly record struct ViewerFormats
{
    /// <summary>Number of different values of <see cref="Index"/>.</summary>
    public const int Count = 10;

    // Each step plays those before it.
    private static readonly H264Profile[] _ladder = [H264Profile.ConstrainedBaseline, H264Profile.Main, H264Profile.High, H264Profile.Other];

    private readonly int _h264Steps;
    private readonly bool _hasVp8;

    private ViewerFormats(int h264Steps, bool hasVp8) => (_h264Steps, _hasVp8) = (h264Steps, hasVp8);

    /// <summary>A number for tables of viewers: below <see cref="Count"/>.</summary>
    public int Index => _h264Steps * 2 + (_hasVp8 ? 1 : 0);

    /// <summary>The codec that pictures are coded in for it.</summary>
    public PayloadFormat PreferredCodec => _h264Steps > 0 ? PayloadFormat.H264 : PayloadFormat.Vp8;

    /// <summary>What a viewer with that section plays.</summary>
    public static ViewerFormats Of(NegotiatedMedia video)
    {
        int steps = 0;
        while (steps < _ladder.Length && video.FindCodec(PayloadFormat.H264, _ladder[steps]) is not null)
            steps++;
        return new ViewerFormats(steps, video.FindCodec(PayloadFormat.Vp8) is not null);
    }

    /// <summary>The value with that <see cref="Index"/>.</summary>
    public static ViewerFormats At(int index) => new(index / 2, index % 2 != 0);

    /// <summary>Whether it plays pictures of that format.</summary>
    public bool Plays(VideoFormat format)
    {
        if (format.IsReordered)
            return false;
        return format.Codec == PayloadFormat.Vp8 ? _hasVp8 : _h264Steps > 0 && _ladder[_h264Steps - 1].Decodes(format.Profile);
    }
}
