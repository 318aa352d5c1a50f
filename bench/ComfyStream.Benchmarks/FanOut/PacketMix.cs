using System.Globalization;
using System.Text;

namespace ComfyStream.Benchmarks.FanOut;

/// <summary>
/// The packets that one viewer gets in a span of time: their sizes, and which of them came together. Written by the viewer's loop until
/// <see cref="Completed"/>.
/// </summary>
internal sealed class PacketMix
{
    // Of a segmented send: what the kernel takes.
    private const int MostSegments = 64;
    private const int MostBytes = 65000;

    // What arrives so close together left in one turn of the server.
    private static readonly TimeSpan _turn = TimeSpan.FromMilliseconds(1);

    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Packet> _packets = [];
    private readonly TimeSpan _length;

    public PacketMix(TimeSpan length) => _length = length;

    /// <summary>Completes when the time is over, with the first packet after it.</summary>
    public Task Completed => _completed.Task;

    public void Add(TimeSpan now, uint ssrc, uint timestamp, int byteCount)
    {
        if (_completed.Task.IsCompleted)
            return;
        if (_packets.Count > 0 && now - _packets[0].At >= _length)
            _completed.SetResult();
        else
            _packets.Add(new Packet(now, ssrc, timestamp, byteCount));
    }

    /// <summary>What the limit program sends: microseconds, bytes of a segment and of all, for each segmented send.</summary>
    public string ToMessages()
    {
        var text = new StringBuilder();
        TimeSpan turn = _packets[0].At;
        TimeSpan before = turn;
        for (int i = 0; i < _packets.Count;)
        {
            Packet first = _packets[i];
            if (first.At - before >= _turn)
                turn = first.At;
            int bytes = 0;
            int count = 0;
            bool isOver = false;
            for (; i < _packets.Count && !isOver; i++)
            {
                Packet packet = _packets[i];
                bool belongs = packet.Ssrc == first.Ssrc && packet.Timestamp == first.Timestamp && packet.ByteCount <= first.ByteCount;
                if (!belongs || ++count > MostSegments || bytes + packet.ByteCount > MostBytes)
                    break;
                bytes += packet.ByteCount;
                before = packet.At;

                // Only the last segment may be shorter.
                isOver = packet.ByteCount < first.ByteCount;
            }

            text.Append(CultureInfo.InvariantCulture, $"{(long)(turn - _packets[0].At).TotalMicroseconds} {first.ByteCount} {bytes}\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"{(long)_length.TotalMicroseconds} 0 0\n").ToString();
    }

    private readonly record struct Packet(TimeSpan At, uint Ssrc, uint Timestamp, int ByteCount);
}
