using ComfyStream.WebRtc.Rtcp;
using ComfyStream.WebRtc.Rtp;

namespace ComfyStream.WebRtc.Streams;

/// <summary>What a report block says about a received stream (RFC 3550 6.4.1, A.3, A.8). Owned by the event loop's thread.</summary>
internal sealed class ReceptionStatistics(uint ssrc, int clockRate)
{
    private const int MaxCumulativeLost = 0x7FFFFF;
    private const int MinCumulativeLost = -0x800000;

    private long _base;
    private long _highest;
    private long _expectedBefore;
    private long _receivedBefore;
    private long _transit;
    private long _jitterTimes16;
    private uint _lastSenderReport;
    private TimeSpan _lastSenderReportArrival;

    /// <summary>Packets that arrived, late and duplicate ones included (A.3).</summary>
    public long Received { get; private set; }

    /// <summary>Packets that should have arrived, from the first to the highest sequence number.</summary>
    public long Expected => Received == 0 ? 0 : _highest - _base + 1;

    /// <summary>Packets lost since the start; negative when duplicates came.</summary>
    public long CumulativeLost => Expected - Received;

    /// <summary>Interarrival jitter in units of the RTP clock.</summary>
    public uint Jitter => (uint)(_jitterTimes16 >> 4);

    /// <summary>Notes a packet.</summary>
    public void HandlePacket(TimeSpan now, long sequence, uint timestamp)
    {
        long transit = (int)((uint)RtpTimestamp.FromTime(now, clockRate) - timestamp);
        if (Received == 0)
        {
            _base = sequence;
            _highest = sequence;
            _transit = transit;
        }
        else if (sequence > _highest)
        {
            // Late packets, among them the retransmitted ones, say nothing about the path's jitter.
            _highest = sequence;
            // Half the range has no positive counterpart in 32 bits, and a peer's timestamps may jump by it.
            long difference = Math.Abs((long)(int)(transit - _transit));
            _transit = transit;
            _jitterTimes16 += difference - ((_jitterTimes16 + 8) >> 4);
        }

        Received++;
    }

    /// <summary>Notes a sender report, from which the peer tells its round trip.</summary>
    public void HandleSenderReport(TimeSpan now, in SenderReport report)
    {
        _lastSenderReport = NtpTime.ToCompact(report.NtpTime);
        _lastSenderReportArrival = now;
    }

    /// <summary>Makes the report block for the time since the last one.</summary>
    public ReportBlock TakeReportBlock(TimeSpan now)
    {
        long expected = Expected - _expectedBefore;
        long lost = expected - (Received - _receivedBefore);
        _expectedBefore = Expected;
        _receivedBefore = Received;
        return new ReportBlock(
            ssrc,
            expected <= 0 || lost <= 0 ? (byte)0 : (byte)Math.Min(255, (lost << 8) / expected),
            (int)Math.Clamp(CumulativeLost, MinCumulativeLost, MaxCumulativeLost),
            (uint)_highest,
            Jitter,
            _lastSenderReport,
            _lastSenderReport == 0 ? 0 : NtpTime.CompactFromTime(now - _lastSenderReportArrival));
    }
}
