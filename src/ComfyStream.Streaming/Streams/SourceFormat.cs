using ComfyStream.Media;
using ComfyStream.Media.H264;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Sdp;

namespace ComfyStream.Streaming.Streams;

/// <summary>
/// Finds out what a publisher's pictures ask of a player: by the parameter sets, since what encoders announce in SDP is often
/// wrong, and by the order of their times. Written by the publisher's event loop; read by any thread.
/// </summary>
internal sealed class SourceFormat
{
    private volatile VideoFormat _current = VideoFormat.OfOurs(PayloadFormat.H264);
    private TimeSpan _lastTime = TimeSpan.MinValue;

    /// <summary>The format of the last picture.</summary>
    public VideoFormat Current => _current;

    /// <summary>Width of the pictures, 0 as long as it is unknown.</summary>
    public int Width { get; private set; }

    /// <summary>Height of the pictures, 0 as long as it is unknown.</summary>
    public int Height { get; private set; }

    /// <summary>Looks at a picture.</summary>
    public VideoFormat Observe(EncodedFrame frame)
    {
        if (frame.IsKeyFrame)
            Follow(frame);
        else if (frame.MediaTime < _lastTime && !_current.IsReordered)
            _current = _current with { IsReordered = true };
        _lastTime = frame.MediaTime;
        return _current;
    }

    private void Follow(EncodedFrame frame)
    {
        if (frame.Codec == MediaCodec.Vp8)
        {
            Set(VideoFormat.OfOurs(PayloadFormat.Vp8));
            FollowVp8Size(frame.Data);
            return;
        }

        foreach (ReadOnlySpan<byte> unit in AnnexB.EnumerateNalUnits(frame.Data))
        {
            if (AnnexB.TypeOf(unit) != NalUnitType.SequenceParameterSet || !SequenceParameterSet.TryParse(unit, out SequenceParameterSet sps))
                continue;
            H264Profile profile = H264Profiles.FromSps(sps.ProfileIdc, sps.ConstraintFlags);

            // What the parameter sets do not tell, the times have told.
            bool isReordered = sps.NumReorderFrames is { } count ? count > 0 : _current.IsReordered && !sps.IsConstrainedBaseline;
            Set(new VideoFormat(PayloadFormat.H264, profile, isReordered));
            (Width, Height) = (sps.Width, sps.Height);
            return;
        }
    }

    // RFC 6386, 9.1: three bytes of tag, three of start code, then 14 bits of width and of height.
    private void FollowVp8Size(ReadOnlySpan<byte> data)
    {
        const int SizeMask = 0x3fff;
        if (data.Length >= 10)
            (Width, Height) = ((data[6] | data[7] << 8) & SizeMask, (data[8] | data[9] << 8) & SizeMask);
    }

    private void Set(VideoFormat format)
    {
        if (format != _current)
            _current = format;
    }
}
