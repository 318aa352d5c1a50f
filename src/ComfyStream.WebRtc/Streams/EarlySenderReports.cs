using ComfyStream.WebRtc.Rtcp;

namespace ComfyStream.WebRtc.Streams;

/// <summary>
/// The last sender reports of sources of which no packet has come yet: FFmpeg reports before it sends, and then not for five seconds.
/// Room for one of each section. Owned by the event loop's thread.
/// </summary>
internal sealed class EarlySenderReports
{
    private const int Capacity = 2;

    private readonly (SenderReport Report, TimeSpan Arrival)[] _reports = new (SenderReport, TimeSpan)[Capacity];
    private int _next;

    /// <summary>Keeps a report in the place of the source's former one, or else of the oldest.</summary>
    public void Add(TimeSpan now, in SenderReport report)
    {
        int index = IndexOf(report.Ssrc);
        if (index < 0)
        {
            index = _next;
            _next = (_next + 1) % Capacity;
        }

        _reports[index] = (report, now);
    }

    /// <summary>Gives a source's report to its stream, which begins.</summary>
    public void GiveTo(RtpReceiveStream stream)
    {
        int index = IndexOf(stream.Ssrc);
        if (index >= 0)
            stream.HandleSenderReport(_reports[index].Arrival, _reports[index].Report);
    }

    private int IndexOf(uint ssrc)
    {
        for (int i = 0; i < Capacity; i++)
        {
            if (_reports[i].Report.Ssrc == ssrc)
                return i;
        }

        return -1;
    }
}
