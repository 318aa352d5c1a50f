using ComfyStream.WebRtc.Rtcp;

namespace ComfyStream.WebRtc.Streams;

/// <summary>What a peer reports on a stream that we send, and when it asks for a key frame. Owned by the event loop's thread.</summary>
internal sealed class RemoteFeedback(uint ssrc)
{
    // Larger round trips than this are a wrapped difference of clocks.
    private static readonly TimeSpan _maxRoundTrip = TimeSpan.FromSeconds(60);

    private FullIntraRequest? _lastFullIntraRequest;

    /// <summary>The last report, null before the first.</summary>
    public ReportBlock? LastReportBlock { get; private set; }

    /// <summary>Round trip by the last report, null before the first that answers a sender report.</summary>
    public TimeSpan? RoundTripTime { get; private set; }

    /// <summary>Picture loss indications.</summary>
    public long PictureLosses { get; private set; }

    /// <summary>Full intra requests, without repetitions.</summary>
    public long FullIntraRequests { get; private set; }

    /// <summary>Notes a report if it is on this stream (RFC 3550 6.4.1).</summary>
    public void Handle(ulong ntpNow, in ReportBlock block)
    {
        if (block.Ssrc != ssrc)
            return;

        LastReportBlock = block;
        if (block.LastSenderReport == 0)
            return;

        uint roundTrip = NtpTime.ToCompact(ntpNow) - block.LastSenderReport - block.DelaySinceLastSenderReport;
        // Clocks that run a little apart make a very short round trip negative.
        TimeSpan time = (int)roundTrip < 0 ? TimeSpan.Zero : NtpTime.TimeFromCompact(roundTrip);
        if (time <= _maxRoundTrip)
            RoundTripTime = time;
    }

    /// <summary>Whether a packet asks for a key frame of this stream: a PLI, or a FIR that was not heard yet.</summary>
    public bool AsksForKeyFrame(in RtcpPacket packet)
    {
        if (PictureLossIndication.TryRead(packet, out PictureLossIndication loss) && loss.MediaSsrc == ssrc)
        {
            PictureLosses++;
            return true;
        }

        bool isNew = false;
        for (int i = 0; FullIntraRequest.TryRead(packet, i, out FullIntraRequest request); i++)
        {
            // RFC 5104 4.3.1.2: the same number from the same peer again repeats a request that was heard already.
            if (request.MediaSsrc != ssrc || request == _lastFullIntraRequest)
                continue;
            _lastFullIntraRequest = request;
            FullIntraRequests++;
            isNew = true;
        }

        return isNew;
    }
}
