using ComfyStream.WebRtc.Packetization;
using ComfyStream.WebRtc.Tests.Peers.Foreign;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Peers;

/// <summary>Outages, bursts and spikes of loss between two engines: what is lost for good, who is told, and how pictures go on.</summary>
public sealed class BadPathTests
{
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(33);

    private readonly List<byte[]> _sent = [];
    private readonly List<TimeSpan> _requests = [];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void After_an_outage_of_three_seconds_pictures_go_on_whole_within_half_a_second(bool clientPublishes)
    {
        using var pair = new PeerPair(clientPublishes);
        pair.Connect();
        (PeerPair.Side sender, PeerPair.Side receiver) = SidesOf(pair, clientPublishes);
        Send(pair, sender, 30, obeys: true);

        (pair.ToServer.Drops, pair.ToClient.Drops) = (_ => true, _ => true);
        Send(pair, sender, 90, obeys: true);
        (pair.ToServer.Drops, pair.ToClient.Drops) = (null, null);
        int seen = receiver.Frames.Count;
        TimeSpan back = pair.Now;
        Send(pair, sender, 60, obeys: true);
        pair.Run(TimeSpan.FromMilliseconds(100));

        (ReceivedFrame first, byte[] data) = receiver.Frames[seen];
        Assert.True(first.IsKeyFrame);
        Assert.InRange((first.LastArrival - back).TotalMilliseconds, 0, 500);
        Assert.Equal(_sent[_sent.FindIndex(picture => picture.SequenceEqual(data))..], receiver.Frames.Skip(seen).Select(frame => frame.Data));
        Assert.Equal(PeerConnectionState.Connected, receiver.Peer.State);
        Assert.InRange(_requests.Count, 1, 2);
    }

    [Fact]
    public void A_burst_beyond_repair_is_told_and_a_key_frame_is_asked_for_at_once_and_then_once_a_second_whoever_else_wants_one()
    {
        using var pair = new PeerPair(clientPublishes: true);
        pair.Connect();
        (PeerPair.Side sender, PeerPair.Side receiver) = SidesOf(pair, clientPublishes: true);
        Send(pair, sender, 10, obeys: false);
        pair.ToServer.Drops = IsRtp;
        Send(pair, sender, 40, obeys: false, keyFrameFirst: false, bytes: 12_000);
        Assert.True(pair.ToServer.Lost > 250, "So many packets could be asked for again.");
        pair.ToServer.Drops = null;
        TimeSpan back = pair.Now;

        for (int i = 0; i < 100; i++)
        {
            receiver.Peer.RequestKeyFrame(pair.Now);
            Send(pair, sender, 1, obeys: false, keyFrameFirst: false);
        }

        // The first picture behind the hole may have begun in it: it is lost too.
        Assert.InRange(receiver.Losses, 1, 2);
        Assert.Equal(10, receiver.Frames.Count);
        Assert.Equal(0, sender.Peer.GetStatistics().Video.NacksReceived);
        Assert.Equal(4, _requests.Count);
        Assert.InRange((_requests[0] - back).TotalMilliseconds, 0, 50);
        Assert.All(_requests.Zip(_requests.Skip(1)), pair => Assert.InRange((pair.Second - pair.First).TotalMilliseconds, 999, 1040));

        Send(pair, sender, 30, obeys: false);
        pair.Run(TimeSpan.FromSeconds(2));
        Assert.Equal(_sent[^30..], receiver.Frames.Skip(10).Select(frame => frame.Data));
        Assert.InRange(_requests.Count, 4, 5);
    }

    [Fact]
    public void After_a_spike_of_loss_lost_packets_are_sent_again_as_before()
    {
        using var pair = new PeerPair(clientPublishes: false, seed: 3);
        pair.Connect();
        (PeerPair.Side sender, PeerPair.Side receiver) = SidesOf(pair, clientPublishes: false);
        Send(pair, sender, 30, obeys: true);
        pair.ToClient.Conditions = new LinkConditions(TimeSpan.FromMilliseconds(10), Loss: 0.6);
        Send(pair, sender, 60, obeys: true);
        pair.ToClient.Conditions = new LinkConditions(TimeSpan.FromMilliseconds(10));
        Send(pair, sender, 30, obeys: true);
        long before = sender.Peer.GetStatistics().Video.PacketsRetransmitted;
        int seen = receiver.Frames.Count;
        int losses = receiver.Losses;

        pair.ToClient.Conditions = new LinkConditions(TimeSpan.FromMilliseconds(10), Loss: 0.05);
        Send(pair, sender, 90, obeys: true);
        pair.ToClient.Conditions = new LinkConditions(TimeSpan.FromMilliseconds(10));
        pair.Run(TimeSpan.FromSeconds(1));

        Assert.True(losses > 0, "The spike lost nothing for good: the test proves nothing.");
        Assert.True(sender.Peer.GetStatistics().Video.PacketsRetransmitted > before);
        Assert.Equal(_sent[^90..], receiver.Frames.TakeLast(90).Select(frame => frame.Data));
        Assert.Equal(losses, receiver.Losses);
        Assert.InRange(receiver.Frames.Count - seen, 90, 91);
    }

    [Fact]
    public void A_viewer_is_told_how_sound_and_picture_lie_on_one_clock()
    {
        var options = new PeerOptions { NtpEpoch = ForeignPeer.NtpEpoch };
        using var pair = new PeerPair(clientPublishes: false, options: options);
        pair.Connect();
        (PeerPair.Side sender, PeerPair.Side receiver) = SidesOf(pair, clientPublishes: false);
        TimeSpan began = pair.Now;
        Send(pair, sender, 90, obeys: true, sound: true);

        foreach ((MediaKind kind, double clockRate) in ((MediaKind, double)[])[(MediaKind.Video, 90_000), (MediaKind.Audio, 48_000)])
        {
            Assert.True(receiver.Peer.TryGetSenderReport(kind, out ulong ntpTime, out long rtpTimestamp));
            ReceivedFrame first = receiver.Frames.First(frame => frame.Info.Kind == kind).Info;
            double seconds = (ntpTime - options.NtpEpoch) / 4294967296.0 + (first.RtpTimestamp - rtpTimestamp) / clockRate;
            Assert.Equal(began.TotalSeconds, seconds, tolerance: 0.0001);
        }
    }

    private static bool IsRtp(byte[] datagram) => DatagramClassifier.Classify(datagram) == DatagramKind.Rtp;

    private static (PeerPair.Side Sender, PeerPair.Side Receiver) SidesOf(PeerPair pair, bool clientPublishes) =>
        clientPublishes ? (pair.Client, pair.Server) : (pair.Server, pair.Client);

    /// <summary>Sends pictures, 30 a second; one that obeys makes the next one a key frame when it is asked for it.</summary>
    private void Send(PeerPair pair, PeerPair.Side sender, int count, bool obeys, bool keyFrameFirst = true, int bytes = 4000, bool sound = false)
    {
        int answered = sender.KeyFrameRequests;
        for (int i = 0; i < count; i++)
        {
            bool isKeyFrame = (keyFrameFirst && i == 0 && _sent.Count == 0) || (!obeys && keyFrameFirst && i == 0) || (obeys && sender.KeyFrameRequests > answered);
            answered = sender.KeyFrameRequests;
            byte[] picture = AccessUnits.Make(isKeyFrame, bytes, _sent.Count);
            Write(pair, sender, MediaKind.Video, isKeyFrame, frame => H264Packetizer.Packetize(picture, frame));
            if (sound)
                Write(pair, sender, MediaKind.Audio, isKeyFrame: true, frame => OpusPacketizer.Packetize(new byte[80], frame));
            _sent.Add(picture);
            TimeSpan end = pair.Now + _interval;
            while (pair.Now < end)
            {
                int before = sender.KeyFrameRequests;
                pair.Run(TimeSpan.FromMilliseconds(1));
                for (; before < sender.KeyFrameRequests; before++)
                    _requests.Add(pair.Now);
            }
        }
    }

    private static void Write(PeerPair pair, PeerPair.Side sender, MediaKind kind, bool isKeyFrame, Action<PacketizedFrame> packetize)
    {
        PacketizedFrame frame = new(static _ => { });
        frame.Begin(kind, pair.Now, isKeyFrame, pair.Now);
        packetize(frame);
        Assert.True(sender.Peer.WriteFrame(pair.Now, frame));
        frame.Release();
        pair.Flush();
    }
}
