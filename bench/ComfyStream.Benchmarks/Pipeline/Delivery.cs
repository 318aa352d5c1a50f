using ComfyStream.Benchmarks.Camera;

namespace ComfyStream.Benchmarks.Pipeline;

/// <summary>What one viewer got of the pictures that the camera sent in a span of time.</summary>
/// <param name="FramesPerSecond">Pictures that arrived.</param>
/// <param name="Sent">Pictures that the camera sent.</param>
/// <param name="Latencies">From the camera's write to the last packet, of each that arrived; null when they could not be matched.</param>
internal sealed record Delivery(double FramesPerSecond, long Sent, IReadOnlyList<TimeSpan>? Latencies)
{
    // As long as a picture is under way at most.
    private static readonly TimeSpan _margin = TimeSpan.FromSeconds(2);

    public static Delivery Of(PictureLog log, CameraPublisher camera, int framesPerSecond, TimeSpan from, TimeSpan to)
    {
        int arrived = 0;
        foreach (TimeSpan arrival in log.Arrivals)
            arrived += arrival >= from && arrival < to ? 1 : 0;
        (long first, long end) = (camera.FirstAfter(from), camera.FirstAfter(to));
        return new Delivery(arrived / (to - from).TotalSeconds, end - first, Match(log, camera, framesPerSecond, from, to));
    }

    private static List<TimeSpan>? Match(PictureLog log, CameraPublisher camera, int framesPerSecond, TimeSpan from, TimeSpan to)
    {
        // Only about that time: a relay that was overloaded before may have moved the stream on its timeline.
        int begin = log.FirstLive;
        int end = log.Count;
        while (begin < end && log.Arrivals[begin] < from - _margin)
            begin++;
        while (end > begin && log.Arrivals[end - 1] > to + _margin)
            end--;
        if (FrameNumbering.Recognise(log.MediaTimes[begin..end], framesPerSecond) is not { } numbers)
            return null;

        (long first, long past) = (camera.FirstAfter(from), camera.FirstAfter(to));
        var latencies = new List<TimeSpan>();
        for (int i = 0; i < numbers.Length; i++)
        {
            TimeSpan arrival = log.Arrivals[begin + i];
            long picture = camera.LastBefore(arrival, numbers[i]);
            if (picture >= first && picture < past)
                latencies.Add(arrival - camera.WrittenAt(picture));
        }

        return latencies;
    }
}
