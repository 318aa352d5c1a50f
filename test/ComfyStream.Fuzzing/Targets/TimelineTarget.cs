using System.Buffers.Binary;
using ComfyStream.Streaming.Streams;
using ComfyStream.WebRtc;

namespace ComfyStream.Fuzzing.Targets;

/// <summary>What an authenticated publisher can do to its timeline: frames and sender reports with any timestamps, at any time.</summary>
internal sealed class TimelineTarget : IFuzzTarget
{
    private const int FrameBytes = 7;
    private const int ReportBytes = 12;
    private static readonly TimeSpan Start = TimeSpan.FromHours(1);

    // The timeline's, of pictures; and 6 s with half a second for a clock that jumps.
    private static readonly TimeSpan LargestStepBack = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MostAhead = TimeSpan.FromSeconds(6.6);

    // A second publisher begins where the one before ended.
    private static readonly TimeSpan LongestLead = TimeSpan.FromSeconds(2);

    public string Name => "timeline";

    public IReadOnlyList<byte[]> Seeds { get; } =
    [
        [0, .. OperationReader.Write(Enumerable.Range(0, 30).SelectMany(i => ((byte, byte[])[])[Frame(0, 33, 3000), Frame(1, 0, 1600)]))],
        [
            1, .. OperationReader.Write(
                Frame(0, 33, 3000), Frame(1, 1, 960), Report(2, 100, 0), Report(3, 101, 0), Frame(0, 33, 3000), Frame(1, 20, 960), Report(2, 105, 450_000), Report(3, 106, 240_000),
                Frame(0, 5000, 450_000), Frame(1, 20, 240_000), Frame(0, 33, -3000), Frame(0, 33, int.MinValue), Frame(1, 33, int.MaxValue)),
        ],
    ];

    public bool Run(Span<byte> input)
    {
        if (input.IsEmpty)
            return false;

        TimeSpan lead = LongestLead * (input[0] & 1);
        var timeline = new PublisherTimeline(Start + lead);
        TimeSpan arrival = Start;
        Span<long> timestamps = [0, 0];
        Span<TimeSpan> latest = [TimeSpan.Zero, TimeSpan.Zero];
        bool isAccepted = false;
        var reader = new OperationReader(input[1..]);
        while (reader.MoveNext())
        {
            bool isVideo = (reader.Kind & 1) == 0;
            MediaKind kind = isVideo ? MediaKind.Video : MediaKind.Audio;
            ref long timestamp = ref timestamps[reader.Kind & 1];
            ReadOnlySpan<byte> body = reader.Body;
            if ((reader.Kind & 2) == 0 && body.Length >= FrameBytes)
            {
                arrival += TimeSpan.FromMilliseconds(BinaryPrimitives.ReadUInt16BigEndian(body));
                timestamp += BinaryPrimitives.ReadInt32BigEndian(body[3..]);
                ref TimeSpan last = ref latest[reader.Kind & 1];
                TimeSpan time = timeline.Map(kind, body[2], timestamp, arrival);
                Check(isVideo, time, last, arrival + lead);
                last = time > last ? time : last;
                FindingException.ThrowUnless(timeline.Last == (latest[0] > latest[1] ? latest[0] : latest[1]), "the last time is not the last one");
                isAccepted = true;
            }
            else if ((reader.Kind & 2) != 0 && body.Length >= ReportBytes)
            {
                timeline.Report(kind, BinaryPrimitives.ReadUInt64BigEndian(body), timestamp + BinaryPrimitives.ReadInt32BigEndian(body[8..]));
            }
        }

        return isAccepted;
    }

    private static void Check(bool isVideo, TimeSpan time, TimeSpan last, TimeSpan arrival)
    {
        FindingException.ThrowUnless(time > last || (isVideo && time >= last - LargestStepBack), $"{last - time} back");
        FindingException.ThrowUnless(time - arrival < MostAhead, $"{time - arrival} ahead of arrival");
    }

    private static (byte Kind, byte[] Body) Frame(byte kind, ushort milliseconds, int timestamp)
    {
        byte[] body = new byte[FrameBytes];
        BinaryPrimitives.WriteUInt16BigEndian(body, milliseconds);
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(3), timestamp);
        return (kind, body);
    }

    private static (byte Kind, byte[] Body) Report(byte kind, uint seconds, int timestamp)
    {
        byte[] body = new byte[ReportBytes];
        BinaryPrimitives.WriteUInt32BigEndian(body, seconds);
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(8), timestamp);
        return (kind, body);
    }
}
