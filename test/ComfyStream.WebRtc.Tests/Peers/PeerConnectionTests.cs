using System.Net;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Packetization;
using ComfyStream.WebRtc.Sdp;
using ComfyStream.WebRtc.Tests.Stun;

namespace ComfyStream.WebRtc.Tests.Peers;

public sealed class PeerConnectionTests
{
    private static readonly TimeSpan FrameInterval = TimeSpan.FromMilliseconds(33);
    private int _released;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Two_engines_connect_and_carry_sound_and_picture_whole_and_in_order(bool clientPublishes)
    {
        using var pair = new PeerPair(clientPublishes);
        pair.Connect();
        PeerPair.Side sender = clientPublishes ? pair.Client : pair.Server;
        PeerPair.Side receiver = clientPublishes ? pair.Server : pair.Client;

        List<byte[]> pictures = SendPictures(pair, sender, count: 60, sound: true);
        pair.Run(TimeSpan.FromMilliseconds(200));

        Assert.Equal(pictures, receiver.Frames.Where(frame => frame.Info.Kind == MediaKind.Video).Select(frame => frame.Data));
        Assert.Equal(60, receiver.Frames.Count(frame => frame.Info.Kind == MediaKind.Audio));
        Assert.Equal(0, receiver.Losses);
    }

    [Fact]
    public void Both_kinds_keep_one_timeline()
    {
        using var pair = new PeerPair(clientPublishes: true);
        pair.Connect();

        SendPictures(pair, pair.Client, count: 10, sound: true);
        pair.Run(TimeSpan.FromMilliseconds(200));

        long[] video = [.. pair.Server.Frames.Where(frame => frame.Info.Kind == MediaKind.Video).Select(frame => frame.Info.RtpTimestamp)];
        long[] audio = [.. pair.Server.Frames.Where(frame => frame.Info.Kind == MediaKind.Audio).Select(frame => frame.Info.RtpTimestamp)];
        for (int i = 1; i < 10; i++)
        {
            Assert.InRange(video[i] - video[i - 1], 2969, 2971);
            Assert.InRange(audio[i] - audio[i - 1], 1583, 1585);
        }
    }

    [Theory]
    [InlineData(true, "actpass")]
    [InlineData(true, "passive")]
    [InlineData(false, "actpass")]
    [InlineData(false, "passive")]
    public void W48_A_restart_loses_no_picture_and_goes_on_with_the_same_handshake(bool clientPublishes, string setup)
    {
        using var pair = new PeerPair(clientPublishes, changeOffer: offer => offer.Replace("setup:actpass", $"setup:{setup}", StringComparison.Ordinal));
        pair.Connect();
        PeerPair.Side sender = clientPublishes ? pair.Client : pair.Server;
        PeerPair.Side receiver = clientPublishes ? pair.Server : pair.Client;
        TransportPath before = pair.PathAtServer;
        List<byte[]> pictures = SendPictures(pair, sender, count: 20, sound: false);

        IceCredentials ours = IceCredentials.Create(), theirs = IceCredentials.Create();
        Assert.True(pair.Server.Peer.RestartIce(ours, theirs));
        Assert.Equal(ours.UserFragment, pair.Server.Peer.LocalUserFragment);
        pictures.AddRange(SendPictures(pair, sender, count: 20, sound: false));
        Assert.Equal(before, pair.Server.Peer.GetStatistics().SelectedPath);

        pair.SeenClientAddress = TransportAddress.From(IPAddress.Parse("203.0.113.5"), 7000);
        byte[] check = StunDatagram.Request($"{ours.UserFragment}:{theirs.UserFragment}").WithPriority().WithUseCandidate()
            .WithIntegrity(ours.Password).WithFingerprint().Build();
        pair.Server.Peer.HandleDatagram(pair.Now, pair.PathAtServer, check);
        pictures.AddRange(SendPictures(pair, sender, count: 20, sound: false));
        pair.Run(TimeSpan.FromMilliseconds(200));

        Assert.Equal(pair.PathAtServer, pair.Server.Peer.GetStatistics().SelectedPath);
        Assert.Equal(pictures, receiver.Frames.Select(frame => frame.Data));
        Assert.Equal(0, receiver.Losses);
        Assert.Equal([PeerConnectionState.Connecting, PeerConnectionState.Connected], pair.Server.States);
    }

    [Fact]
    public void A_connection_that_is_over_is_not_restarted()
    {
        using var pair = new PeerPair(clientPublishes: true);
        pair.Server.Peer.Close(pair.Now);

        string before = pair.Server.Peer.LocalUserFragment;
        Assert.False(pair.Server.Peer.RestartIce(IceCredentials.Create(), IceCredentials.Create()));
        Assert.Equal(before, pair.Server.Peer.LocalUserFragment);
    }

    [Fact]
    public void Row_4_4_2_a_connection_whose_path_ended_is_disconnected_until_another_is_nominated_and_then_goes_on()
    {
        using var pair = new PeerPair(clientPublishes: true);
        pair.Connect();
        pair.Server.Peer.RemovePath(pair.Now, pair.PathAtServer);
        pair.Server.TakeEvents();
        Assert.Equal(PeerConnectionState.Disconnected, pair.Server.Peer.State);
        Assert.Null(pair.Server.Peer.GetStatistics().SelectedPath);

        pair.SeenClientAddress = TransportAddress.From(IPAddress.Parse("203.0.113.5"), 7000);
        Nominate(pair);
        Assert.Equal(pair.PathAtServer, pair.Server.Peer.GetStatistics().SelectedPath);
        List<byte[]> pictures = SendPictures(pair, pair.Client, count: 5, sound: false);
        pair.Run(TimeSpan.FromMilliseconds(200));
        Assert.Equal(pictures, pair.Server.Frames.Select(frame => frame.Data));
        Assert.Equal(PeerConnectionState.Connected, pair.Server.Peer.State);
    }

    [Fact]
    public void Row_4_4_2_a_connection_whose_only_path_ended_is_given_up_when_consent_expires()
    {
        using var pair = new PeerPair(clientPublishes: true);
        pair.Connect();
        pair.Server.Peer.RemovePath(pair.Now, pair.PathAtServer);
        pair.ToServer.Drops = _ => true;
        pair.Run(TimeSpan.FromSeconds(29));
        Assert.Equal(PeerConnectionState.Disconnected, pair.Server.Peer.State);
        pair.Run(TimeSpan.FromSeconds(2));
        Assert.Equal(PeerConnectionState.Failed, pair.Server.Peer.State);
        Assert.Equal(CloseReason.ConsentExpired, pair.Server.Peer.CloseReason);
    }

    [Fact]
    public void Row_4_4_2_held_media_waits_in_its_bounded_queue_and_all_else_is_sent()
    {
        using var pair = new PeerPair(clientPublishes: false);
        pair.Connect();
        PeerConnection sender = pair.Server.Peer;
        List<byte[]> first = SendPictures(pair, pair.Server, count: 3, sound: false);
        pair.Run(TimeSpan.FromMilliseconds(200));
        Assert.Equal(first, pair.Client.Frames.Select(frame => frame.Data));

        sender.HoldMedia(pair.PathAtServer);
        int taken = 0;
        for (int i = 0; i < 20; i++)
        {
            PacketizedFrame picture = Packetize(MakeAccessUnit(keyFrame: true, 4000, i), pair.Now, keyFrame: true);
            taken += sender.WriteFrame(pair.Now, picture) ? 1 : 0;
            picture.Release();
            pair.Flush();
        }

        Assert.Equal(8, taken);
        pair.Server.Transmits.Clear();
        pair.Run(TimeSpan.FromSeconds(12));
        Assert.Equal(3, pair.Client.Frames.Count);
        Assert.Equal(PeerConnectionState.Connected, pair.Client.Peer.State);

        // Reports and the answers to checks, and no deadline that stays due.
        Assert.InRange(pair.Server.Transmits.Count, 10, 60);

        sender.ReleaseMedia(pair.PathAtServer with { Connection = 1 });
        pair.Run(TimeSpan.FromMilliseconds(500));
        Assert.Equal(3, pair.Client.Frames.Count);
        sender.ReleaseMedia(pair.PathAtServer);
        pair.Run(TimeSpan.FromMilliseconds(500));
        Assert.Equal(11, pair.Client.Frames.Count);
    }

    [Fact]
    public void Asking_which_section_a_frame_belongs_to_allocates_nothing()
    {
        using var pair = new PeerPair(clientPublishes: true);

        // Tiered compilation may allocate in an early round.
        long allocated = long.MaxValue;
        for (int round = 0; round < 20 && allocated != 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.True(pair.Server.Peer.Session.Find(MediaKind.Video) is not null);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }

    [Fact]
    public void A_picture_leaves_as_one_segmented_send()
    {
        using var pair = new PeerPair(clientPublishes: false);
        pair.Connect();
        pair.Server.Transmits.Clear();

        SendPictures(pair, pair.Server, count: 1, sound: false, bytes: 9000);

        Transmit run = pair.Server.Transmits.MaxBy(transmit => transmit.ByteCount);
        Assert.True(run.ByteCount > 9000);
        Assert.InRange(run.SegmentSizeBytes, 900, 1200);
    }

    [Theory]
    [InlineData(0.02, 1)]
    [InlineData(0.10, 2)]
    [InlineData(0.10, 3)]
    public void Lost_packets_are_asked_for_and_sent_again(double loss, int seed)
    {
        using var pair = new PeerPair(clientPublishes: false, seed);
        pair.Connect();
        List<byte[]> pictures = SendPictures(pair, pair.Server, count: 1, sound: false);
        pair.ToClient.Conditions = new LinkConditions(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(5), loss, Duplication: 0.01);

        pictures.AddRange(SendPictures(pair, pair.Server, count: 90, sound: false));
        pair.Run(TimeSpan.FromSeconds(1));

        Assert.True(pair.ToClient.Lost > 0, "The link lost nothing: the test proves nothing.");
        Assert.Equal(pictures, pair.Client.Frames.Select(frame => frame.Data));
    }

    [Fact]
    public void A_picture_lost_for_good_makes_the_receiver_ask_for_a_key_frame_and_withhold_what_needs_it()
    {
        using var pair = new PeerPair(clientPublishes: true);
        pair.Connect();
        SendPictures(pair, pair.Client, count: 5, sound: false);
        pair.ToServer.Drops = bytes => bytes[0] >> 6 == 2;
        SendPictures(pair, pair.Client, count: 2, sound: false, keyFrameFirst: false);
        pair.Run(TimeSpan.FromSeconds(2));
        pair.ToServer.Drops = null;
        int before = pair.Server.Frames.Count;

        SendPictures(pair, pair.Client, count: 20, sound: false, keyFrameFirst: false);
        pair.Run(TimeSpan.FromSeconds(1));

        Assert.Equal(before, pair.Server.Frames.Count);
        Assert.True(pair.Server.Losses > 0);
        Assert.InRange(pair.Client.KeyFrameRequests, 1, 4);

        SendPictures(pair, pair.Client, count: 3, sound: false);
        pair.Run(TimeSpan.FromMilliseconds(200));
        Assert.Equal(before + 3, pair.Server.Frames.Count);
    }

    [Fact]
    public void A_request_for_a_key_frame_reaches_the_sender_at_most_once_a_second()
    {
        using var pair = new PeerPair(clientPublishes: true);
        pair.Connect();
        SendPictures(pair, pair.Client, count: 3, sound: false);

        for (int i = 0; i < 25; i++)
        {
            pair.Server.Peer.RequestKeyFrame(pair.Now);
            pair.Run(TimeSpan.FromMilliseconds(100));
        }

        Assert.InRange(pair.Client.KeyFrameRequests, 2, 3);
    }

    [Fact]
    public void A_request_that_got_lost_is_repeated_until_a_key_frame_comes()
    {
        using var pair = new PeerPair(clientPublishes: true);
        pair.Connect();
        SendPictures(pair, pair.Client, count: 3, sound: false);

        pair.ToClient.Drops = bytes => bytes[0] >> 6 == 2;
        pair.Server.Peer.RequestKeyFrame(pair.Now);
        pair.Run(TimeSpan.FromMilliseconds(500));
        pair.ToClient.Drops = null;
        Assert.Equal(0, pair.Client.KeyFrameRequests);
        pair.RunUntil(() => pair.Client.KeyFrameRequests == 1, TimeSpan.FromSeconds(2));

        SendPictures(pair, pair.Client, count: 1, sound: false);
        pair.Run(TimeSpan.FromSeconds(3));
        Assert.Equal(1, pair.Client.KeyFrameRequests);
    }

    [Fact]
    public void A_request_before_the_first_picture_does_not_keep_the_peer_busy()
    {
        using var pair = new PeerPair(clientPublishes: true);
        pair.Connect();

        pair.Server.Peer.RequestKeyFrame(pair.Now);
        pair.Flush();

        Assert.True(pair.Server.Peer.NextDeadline > pair.Now);
    }

    [Fact]
    public void A_hole_that_is_due_to_be_given_up_makes_the_receiver_send_no_more_than_it_has_to_say()
    {
        // Without rtcp-rsize a request for packets begins with a report.
        using var pair = new PeerPair(clientPublishes: true, changeOffer: offer => offer.Replace("a=rtcp-rsize\r\n", "", StringComparison.Ordinal));
        pair.Connect();
        SendPictures(pair, pair.Client, count: 3, sound: false);
        pair.ToServer.Drops = bytes => bytes[0] >> 6 == 2;
        SendPictures(pair, pair.Client, count: 1, sound: false, keyFrameFirst: false);
        pair.ToServer.Drops = null;
        pair.ToClient.Drops = bytes => bytes[0] >> 6 == 2;
        SendPictures(pair, pair.Client, count: 1, sound: false, keyFrameFirst: false);

        // A turn of the event loop takes datagrams before deadlines: this check comes when all that waited is overdue.
        var path = pair.Server.Transmits[^1].Path;
        byte[] slab = new byte[1 << 16];
        TimeSpan late = pair.Now + TimeSpan.FromMilliseconds(500);
        pair.Server.Peer.HandleDatagram(late, path, [0]);
        int transmits = 0;
        while (transmits < 100 && pair.Server.Peer.TryGetTransmit(late, slab, out _))
            transmits++;

        Assert.InRange(transmits, 0, 5);
    }

    [Fact]
    public void W17_Closing_tells_the_peer_at_once()
    {
        using var pair = new PeerPair(clientPublishes: false);
        pair.Connect();

        pair.Server.Peer.Close(pair.Now);
        pair.Run(TimeSpan.FromMilliseconds(100));

        Assert.Equal(PeerConnectionState.Closed, pair.Client.Peer.State);
        Assert.Equal(CloseReason.RemoteClose, pair.Client.Peer.CloseReason);
        Assert.Equal(CloseReason.LocalClose, pair.Server.Peer.CloseReason);
    }

    [Fact]
    public void A_peer_that_falls_silent_is_disconnected_and_then_failed()
    {
        using var pair = new PeerPair(clientPublishes: false);
        pair.Connect();

        pair.ToServer.Conditions = new LinkConditions(TimeSpan.FromMilliseconds(5), Loss: 1);
        pair.RunUntil(() => pair.Server.Peer.State == PeerConnectionState.Disconnected, TimeSpan.FromSeconds(12));
        pair.Server.Transmits.Clear();
        pair.RunUntil(() => pair.Server.Peer.State == PeerConnectionState.Failed, TimeSpan.FromSeconds(30));

        Assert.Equal(CloseReason.ConsentExpired, pair.Server.Peer.CloseReason);
        Assert.Empty(pair.Server.Transmits);
    }

    [Fact]
    public void A_peer_that_is_heard_again_is_connected_again()
    {
        using var pair = new PeerPair(clientPublishes: false);
        pair.Connect();
        pair.ToServer.Conditions = new LinkConditions(TimeSpan.FromMilliseconds(5), Loss: 1);
        pair.RunUntil(() => pair.Server.Peer.State == PeerConnectionState.Disconnected, TimeSpan.FromSeconds(12));

        pair.ToServer.Conditions = new LinkConditions(TimeSpan.FromMilliseconds(5));
        pair.RunUntil(() => pair.Server.Peer.State == PeerConnectionState.Connected, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void A_peer_that_never_comes_is_given_up()
    {
        using var pair = new PeerPair(clientPublishes: false);
        pair.ToServer.Conditions = new LinkConditions(TimeSpan.FromMilliseconds(5), Loss: 1);

        pair.RunUntil(() => pair.Server.Peer.State == PeerConnectionState.Failed, TimeSpan.FromSeconds(20));

        Assert.Equal(CloseReason.IceTimeout, pair.Server.Peer.CloseReason);
    }

    [Fact]
    public void T2_Datagrams_from_a_path_that_was_never_validated_change_nothing()
    {
        using var pair = new PeerPair(clientPublishes: true);
        pair.Connect();
        var stranger = new TransportPath(
            TransportAddress.From(IPAddress.Parse("198.51.100.1"), 8890), TransportAddress.From(IPAddress.Parse("203.0.113.9"), 666));
        var random = new Random(7);

        for (int length = 0; length < 300; length++)
        {
            byte[] datagram = new byte[length];
            random.NextBytes(datagram);
            if (length > 0)
                datagram[0] = (byte)(length % 4 switch { 0 => 0, 1 => 20 + length % 44, 2 => 128 + length % 64, _ => length });
            pair.Server.Peer.HandleDatagram(pair.Now, stranger, datagram);
        }

        SendPictures(pair, pair.Client, count: 5, sound: false);
        pair.Run(TimeSpan.FromMilliseconds(200));
        Assert.Equal(PeerConnectionState.Connected, pair.Server.Peer.State);
        Assert.Equal(5, pair.Server.Frames.Count);
    }

    [Fact]
    public void Broken_datagrams_from_the_peer_itself_change_nothing()
    {
        using var pair = new PeerPair(clientPublishes: true);
        pair.Connect();
        var random = new Random(11);
        pair.ToServer.Drops = bytes =>
        {
            if (random.NextDouble() < 0.3)
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            return false;
        };

        SendPictures(pair, pair.Client, count: 60, sound: true);
        pair.Run(TimeSpan.FromSeconds(1));

        pair.ToServer.Drops = null;
        int before = pair.Server.Frames.Count(frame => frame.Info.Kind == MediaKind.Video);
        SendPictures(pair, pair.Client, count: 5, sound: false);
        pair.Run(TimeSpan.FromMilliseconds(500));
        Assert.Equal(PeerConnectionState.Connected, pair.Server.Peer.State);
        Assert.Equal(before + 5, pair.Server.Frames.Count(frame => frame.Info.Kind == MediaKind.Video));
    }

    [Fact]
    public void Every_frame_is_given_back_when_the_peer_is_disposed()
    {
        using (var pair = new PeerPair(clientPublishes: false))
        {
            pair.Connect();
            SendPictures(pair, pair.Server, count: 40, sound: true);
        }

        Assert.Equal(80, _released);
    }

    [Fact]
    public void A_connected_peer_sends_and_receives_frames_without_allocating()
    {
        using var pair = new PeerPair(clientPublishes: false);
        pair.Connect();
        byte[] slab = new byte[1 << 16];
        PacketizedFrame frame = MakePicture(pair.Now, keyFrame: true, bytes: 8000);
        void Send(int count)
        {
            for (int i = 0; i < count; i++)
            {
                pair.Server.Peer.WriteFrame(pair.Now, frame);
                while (pair.Server.Peer.TryGetTransmit(pair.Now, slab, out _))
                {
                }
            }
        }

        Send(300);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Send(300);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Nominate(PeerPair pair)
    {
        NegotiatedSession agreed = pair.Server.Peer.Session;
        byte[] check = StunDatagram.Request($"{agreed.LocalIce.UserFragment}:{agreed.RemoteIce.UserFragment}").WithPriority().WithUseCandidate()
            .WithIntegrity(agreed.LocalIce.Password).WithFingerprint().Build();
        pair.Server.Peer.HandleDatagram(pair.Now, pair.PathAtServer, check);
    }

    private List<byte[]> SendPictures(PeerPair pair, PeerPair.Side sender, int count, bool sound, int bytes = 4000, bool keyFrameFirst = true)
    {
        var sent = new List<byte[]>();
        for (int i = 0; i < count; i++)
        {
            bool keyFrame = keyFrameFirst && i == 0;
            byte[] unit = MakeAccessUnit(keyFrame, bytes, i);
            PacketizedFrame picture = Packetize(unit, pair.Now, keyFrame);
            Assert.True(sender.Peer.WriteFrame(pair.Now, picture));
            picture.Release();
            sent.Add(unit);
            if (sound)
            {
                PacketizedFrame packet = new(_ => _released++);
                packet.Begin(MediaKind.Audio, pair.Now, isKeyFrame: true, pair.Now);
                packet.AppendPacket(120).Fill((byte)i);
                Assert.True(sender.Peer.WriteFrame(pair.Now, packet));
                packet.Release();
            }

            pair.Flush();
            pair.Run(FrameInterval);
        }

        return sent;
    }

    private PacketizedFrame MakePicture(TimeSpan now, bool keyFrame, int bytes) => Packetize(MakeAccessUnit(keyFrame, bytes, 0), now, keyFrame);

    private PacketizedFrame Packetize(byte[] unit, TimeSpan mediaTime, bool keyFrame)
    {
        PacketizedFrame frame = new(_ => _released++);
        frame.Begin(MediaKind.Video, mediaTime, keyFrame, mediaTime);
        H264Packetizer.Packetize(unit, frame);
        return frame;
    }

    // SPS, PPS and IDR, or one non-IDR slice, of bytes that hold no start code.
    private static byte[] MakeAccessUnit(bool keyFrame, int bytes, int number)
    {
        byte[] slice = new byte[bytes];
        new Random(number).NextBytes(slice);
        for (int i = 0; i < slice.Length; i++)
            slice[i] |= 0x10;
        slice[0] = (byte)(keyFrame ? 0x65 : 0x41);
        byte[] start = [0, 0, 0, 1];
        return keyFrame ? [.. start, 0x67, 0x42, 0xE0, 0x1F, 0x11, .. start, 0x68, 0xCE, 0x3C, 0x80, .. start, .. slice] : [.. start, .. slice];
    }
}
