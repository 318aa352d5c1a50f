using ComfyStream.WebRtc.Packetization;
using ComfyStream.WebRtc.Rtcp;
using ComfyStream.WebRtc.Sdp;
using ComfyStream.WebRtc.Streams;
using ComfyStream.WebRtc.Tests.Packetization;
using Xunit;
using static ComfyStream.WebRtc.Tests.Packetization.H264Sample;
using static ComfyStream.WebRtc.Tests.Streams.StreamSample;

namespace ComfyStream.WebRtc.Tests.Streams;

/// <summary>A sending and a receiving stream over an emulated network in virtual time.</summary>
public sealed class StreamPairTests
{
    private const int FrameCount = 900;
    private const int KeyFrameInterval = 60;

    [Fact]
    public void A_clean_path_delivers_every_frame_as_it_was()
    {
        Outcome outcome = Run(Video(), loss: 0, reorderMilliseconds: 0);

        Assert.Equal(FrameCount, outcome.Intact);
        Assert.Equal(0, outcome.Losses);
    }

    [Fact]
    public void Reordering_alone_loses_nothing_and_asks_for_little()
    {
        Outcome outcome = Run(Video(), loss: 0, reorderMilliseconds: 8);

        Assert.Equal(FrameCount, outcome.Intact);
        Assert.Equal(0, outcome.Losses);
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.05)]
    [InlineData(0.15)]
    public void With_nack_a_lossy_path_delivers_every_frame(double loss)
    {
        Outcome outcome = Run(Video(), loss, reorderMilliseconds: 5);

        Assert.Equal(FrameCount, outcome.Intact);
        Assert.Equal(0, outcome.Losses);
        Assert.True(outcome.Retransmitted > 0);
    }

    [Theory]
    [InlineData(0.01, PayloadFormat.H264, 1)]
    [InlineData(0.05, PayloadFormat.H264, 2)]
    [InlineData(0.15, PayloadFormat.H264, 3)]
    [InlineData(0.15, PayloadFormat.H264, 4)]
    [InlineData(0.15, PayloadFormat.H264, 5)]
    [InlineData(0.10, PayloadFormat.Vp8, 6)]
    public void With_rtx_a_lossy_reordering_and_duplicating_path_delivers_every_frame(double loss, PayloadFormat format, int seed)
    {
        Outcome outcome = Run(VideoWithRtx(), loss, reorderMilliseconds: 5, duplication: 0.05, format, seed);

        Assert.Equal(FrameCount, outcome.Intact);
        Assert.Equal(0, outcome.Losses);
        Assert.True(outcome.Retransmitted > 0);
        Assert.True(outcome.ReceivedByRtx > 0);
    }

    [Fact]
    public void A_sender_that_repeats_packets_as_they_were_although_rtx_was_agreed_is_understood()
    {
        Outcome outcome = Run(VideoWithRtx() with { LocalRtxSsrc = null }, loss: 0.05, reorderMilliseconds: 5);

        Assert.Equal(FrameCount, outcome.Intact);
        Assert.Equal(0, outcome.ReceivedByRtx);
        Assert.True(outcome.Retransmitted > 0);
    }

    [Fact]
    public void Without_nack_a_lossy_path_shows_only_whole_frames_and_recovers_with_each_key_frame()
    {
        Outcome outcome = Run(Video(nack: false), loss: 0.01, reorderMilliseconds: 5);

        // Frames lost, but nothing damaged and nothing out of order (Run checks), and playing goes on to the end.
        Assert.InRange(outcome.Losses, 1, FrameCount);
        Assert.InRange(outcome.Intact, FrameCount / 5, FrameCount - 1);
        Assert.True(outcome.LastFrame > FrameCount - 2 * KeyFrameInterval);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Nothing_is_allocated_in_the_steady_state(bool rtx)
    {
        FrameCounter frames = new();
        NegotiatedMedia media = rtx ? VideoWithRtx() : Video();
        RtpSendStream sender = new(media, 1, 2, 3);
        RtpReceiveStream receiver = new(media, Ssrc);
        PacketizedFrame frame = frames.MakeVideo(Picture(isKeyFrame: true, 9000, new Random(1)), default, isKeyFrame: true);
        byte[] packetMemory = new byte[1500];
        byte[] frameMemory = new byte[20_000];
        byte[] reportMemory = new byte[500];
        int received = 0;
        long before = 0;
        for (int i = 0; i < 2000; i++)
        {
            if (i == 1000)
                before = GC.GetAllocatedBytesForCurrentThread();

            TimeSpan now = TimeSpan.FromTicks(i * 333_333L);
            sender.Enqueue(frame);
            for (int number = 0; sender.TryPeekPacket(now, out RtpPacketToSend packet); number++)
            {
                int headerBytes = packet.WriteHeader(packetMemory);
                packet.WritePayload(packetMemory.AsSpan(headerBytes));
                int byteCount = packet.ByteCount;
                sender.Advance();
                // One packet of every tenth frame is lost at first and asked for.
                if (i % 10 != 0 || number != 3)
                    receiver.Feed(now, packetMemory.AsSpan(0, byteCount));
            }

            RtcpWriter writer = new(reportMemory);
            if (sender.NextReport <= now)
                sender.TryWriteSenderReport(now, ref writer);
            receiver.TryTakeReportBlock(now, out _);
            if (receiver.TryWriteNack(now, 1, ref writer))
            {
                RtcpReader reader = new(reportMemory.AsSpan(0, writer.ByteCount));
                while (reader.MoveNext())
                {
                    sender.HandleFeedback(now, reader.Current);
                }
            }

            receiver.HandleDeadline(now);
            while (receiver.TryGetFrame(out _))
            {
                receiver.ReadFrame(frameMemory);
                received++;
            }
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.InRange(received, 1998, 2000);
        Assert.Equal(200, sender.PacketsRetransmitted);
    }

    private static Outcome Run(
        NegotiatedMedia media, double loss, int reorderMilliseconds, double duplication = 0, PayloadFormat format = PayloadFormat.H264, int seed = 42)
    {
        Random random = new(seed);
        FrameCounter frames = new();
        RtpSendStream sender = new(media, 30_000, 0xFFFF_0000, 0, 0x7FFE);
        RtpReceiveStream receiver = new(media, Ssrc);
        Vp8Packetizer vp8 = new(0x7FFE);
        PriorityQueue<byte[], (TimeSpan, int)> toReceiver = new();
        PriorityQueue<NackItem, (TimeSpan, int)> toSender = new();
        List<byte[]> pictures = [];
        Outcome outcome = new();
        int order = 0;

        for (int millisecond = 0; millisecond < FrameCount * 33 + 2000; millisecond++)
        {
            TimeSpan now = Ms(millisecond);
            if (millisecond % 33 == 0 && pictures.Count < FrameCount)
            {
                bool isKeyFrame = pictures.Count % KeyFrameInterval == 0;
                int bytes = isKeyFrame ? 20_000 : random.Next(100, 8000);
                pictures.Add(format == PayloadFormat.H264 ? Picture(isKeyFrame, bytes, random) : isKeyFrame ? Vp8Tests.KeyFrame(bytes) : Vp8Tests.Delta(bytes));
                PacketizedFrame frame = frames.Begin(MediaKind.Video, Ms(millisecond), isKeyFrame);
                if (format == PayloadFormat.H264)
                    H264Packetizer.Packetize(pictures[^1], frame);
                else
                    vp8.Packetize(pictures[^1], frame);
                Assert.True(sender.Enqueue(frame));
                frame.Release();
            }

            while (toSender.TryPeek(out NackItem item, out (TimeSpan At, int) due) && due.At <= now)
            {
                toSender.Dequeue();
                sender.HandleNack(now, item);
            }

            while (sender.TakePacket(now) is { } packet)
            {
                for (int copies = random.NextDouble() < duplication ? 2 : 1; copies > 0; copies--)
                {
                    // Nothing comes before the first frame, or after the last, that would show what they lack.
                    if (random.NextDouble() >= loss || pictures.Count is 1 or FrameCount)
                        toReceiver.Enqueue(packet, (now + Ms(10 + random.Next(reorderMilliseconds + 1)), order++));
                }
            }

            while (toReceiver.TryPeek(out byte[]? packet, out (TimeSpan At, int) due) && due.At <= now)
            {
                toReceiver.Dequeue();
                receiver.Feed(now, packet);
                TakeFrames();
            }

            receiver.HandleDeadline(now);
            TakeFrames();
            outcome.Losses += receiver.TryTakeLoss() ? 1 : 0;
            RequestMissing(now);
        }

        sender.ReleaseAll();
        Assert.Equal(0, frames.Outstanding);
        outcome.Retransmitted = sender.PacketsRetransmitted;
        outcome.ReceivedByRtx = receiver.RetransmissionsReceived;
        return outcome;

        void TakeFrames()
        {
            while (receiver.Take(out ReceivedFrame frame) is { } bytes)
            {
                int number = (int)((frame.RtpTimestamp - 0xFFFF_0000L) / (33 * 90));
                Assert.True(number > outcome.LastFrame);
                Assert.Equal(number % KeyFrameInterval == 0, frame.IsKeyFrame);
                Assert.Equal(pictures[number], bytes);
                Assert.Equal(format, frame.Format);
                outcome.LastFrame = number;
                outcome.Intact++;
            }
        }

        void RequestMissing(TimeSpan now)
        {
            byte[] memory = new byte[300];
            RtcpWriter writer = new(memory);
            if (!receiver.TryWriteNack(now, 1, ref writer) || random.NextDouble() < loss)
                return;

            RtcpReader reader = new(memory.AsSpan(0, writer.ByteCount));
            while (reader.MoveNext())
            {
                for (int i = 0; GenericNack.TryRead(reader.Current, i, out GenericNack message); i++)
                    toSender.Enqueue(message.Item, (now + Ms(10), order++));
            }
        }
    }

    private sealed class Outcome
    {
        public int Intact;
        public int LastFrame = -1;
        public int Losses;
        public long Retransmitted;
        public long ReceivedByRtx;
    }
}
