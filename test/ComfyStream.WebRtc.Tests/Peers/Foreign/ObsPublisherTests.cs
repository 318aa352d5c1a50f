using ComfyStream.WebRtc.Rtcp;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Peers.Foreign;

/// <summary>The life of a publisher that behaves as OBS Studio does (D9, D10, D11, D12).</summary>
public sealed class ObsPublisherTests
{
    private const string WithAesGcm = "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80";

    [Theory]
    [InlineData(true, "SRTP_AES128_CM_SHA1_80")]
    [InlineData(false, "SRTP_AES128_CM_SHA1_80")]
    [InlineData(false, WithAesGcm)]
    public void Its_pictures_and_sounds_arrive_whole_whatever_profile_they_are_of(bool isOld, string srtpProfiles)
    {
        using var pair = new ForeignPair<ObsPublisher>(new ObsPublisher(isOld, srtpProfiles: srtpProfiles));
        Assert.Contains("profile-level-id=42e01f", pair.Client.Offer, StringComparison.Ordinal);
        Assert.DoesNotContain("a=candidate", pair.Client.Offer, StringComparison.Ordinal);
        pair.Connect();
        var studio = new Studio<ObsPublisher>(pair);

        studio.Send(60, sound: true);
        pair.Run(TimeSpan.FromMilliseconds(200));

        Assert.Equal(studio.Pictures, pair.Pictures);
        Assert.Equal(AccessUnits.High, pair.Pictures.First()[5]);
        Assert.Equal(studio.Sounds, pair.Server.Frames.Where(frame => frame.Info.Kind == MediaKind.Audio).Select(frame => frame.Data));
        Assert.Equal(0, pair.Server.Losses);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Lost_packets_come_again_on_the_same_source_and_all_it_is_told_begins_with_a_report(int seed)
    {
        using var pair = new ForeignPair<ObsPublisher>(new ObsPublisher(), seed);
        pair.Connect();
        var studio = new Studio<ObsPublisher>(pair);
        studio.Send(1);
        var conditions = new LinkConditions(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(5), Loss: 0.05, Duplication: 0.01);
        (pair.ToServer.Conditions, pair.ToClient.Conditions) = (conditions, conditions);

        for (int i = 0; i < 12; i++)
        {
            pair.Server.Peer.RequestKeyFrame(pair.Now);
            studio.Send(30, keyFrameFirst: false, sound: true);
        }

        conditions = new LinkConditions(TimeSpan.FromMilliseconds(5));
        (pair.ToServer.Conditions, pair.ToClient.Conditions) = (conditions, conditions);
        studio.Send(3);
        pair.Run(TimeSpan.FromSeconds(1));

        Assert.True(pair.ToServer.Lost > 20, "The link lost nothing: the test proves nothing.");
        Assert.Equal(studio.Pictures, pair.Pictures);
        Assert.True(pair.Client.Retransmissions > 20);
        Assert.True(pair.Client.KeyFrameRequestsIgnored > 0);

        // It did not offer rtcp-rsize (RFC 5506 4.1).
        Assert.All(pair.Client.Reports, report => Assert.Equal(RtcpPacketType.ReceiverReport, report.Types[0]));
    }

    [Fact]
    public void It_is_asked_for_a_key_frame_once_a_second_and_seen_again_from_the_one_that_it_sends_anyway()
    {
        using var pair = new ForeignPair<ObsPublisher>(new ObsPublisher());
        pair.Connect();
        var studio = new Studio<ObsPublisher>(pair);
        studio.Send(30);
        pair.ToServer.Drops = bytes => DatagramClassifier.Classify(bytes) == DatagramKind.Rtp;
        studio.Send(30, keyFrameFirst: false, averageBytes: 16_000);
        pair.ToServer.Drops = null;
        int before = pair.Pictures.Count();

        studio.Send(300, keyFrameFirst: false);
        Assert.Equal(before, pair.Pictures.Count());
        Assert.InRange(pair.Client.KeyFrameRequestsIgnored, 9, 12);

        List<byte[]> seen = studio.Send(30);
        pair.Run(TimeSpan.FromMilliseconds(200));
        Assert.Equal(seen, pair.Pictures.Skip(before));
        int requests = pair.Client.KeyFrameRequestsIgnored;
        studio.Send(60, keyFrameFirst: false);
        Assert.Equal(requests, pair.Client.KeyFrameRequestsIgnored);
    }

    [Fact]
    public void Its_reports_put_sound_and_picture_on_one_clock()
    {
        using var pair = new ForeignPair<ObsPublisher>(new ObsPublisher());
        pair.Connect();
        new Studio<ObsPublisher>(pair).Send(60, sound: true);

        foreach ((MediaKind kind, double clockRate) in ((MediaKind, double)[])[(MediaKind.Video, 90_000), (MediaKind.Audio, 48_000)])
        {
            Assert.True(pair.Server.Peer.TryGetSenderReport(kind, out ulong ntpTime, out long rtpTimestamp));
            ReceivedFrame first = pair.Server.Frames.First(frame => frame.Info.Kind == kind).Info;
            double seconds = (ntpTime - ForeignPeer.NtpEpoch) / 4294967296.0 + (first.RtpTimestamp - rtpTimestamp) / clockRate;
            Assert.Equal(first.FirstArrival.TotalSeconds, seconds + 0.005, tolerance: 0.001);
        }
    }

    [Fact]
    public void Its_close_notify_ends_the_session_at_once()
    {
        using var pair = new ForeignPair<ObsPublisher>(new ObsPublisher());
        pair.Connect();
        new Studio<ObsPublisher>(pair).Send(10);

        pair.Client.SendCloseNotify();
        pair.Run(TimeSpan.FromMilliseconds(50));

        Assert.Equal((PeerConnectionState.Closed, CloseReason.RemoteClose), (pair.Server.Peer.State, pair.Server.Peer.CloseReason));
    }
}
