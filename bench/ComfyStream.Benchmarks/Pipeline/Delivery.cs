using ComfyStream.Benchmarks.Camera;

namespace ComfyStream.Benchmarks.Pipeline;

/// <summary>What one viewer got of the pictures that the camera sent in a span of time.</summary>
/// <param name="FramesPerSecond">Pictures that arrived.</param>
/// <param name="Sent">Pictures that the camera sent.</param>
/// <param name="Latencies">From the camera's write to the last packet, of each that arrived; null when they could not be matched.</param>
internal sealed record Delivery(double FramesPerSecond, long Sent, IReadOnlyList<TimeSpan>? Latencies)
{
    public static Delivery Of(Viewer viewer, CameraPublisher camera, int framesPerSecond, TimeSpan from, TimeSpan to)
    {
        int arrived = 0;
        foreach (TimeSpan arrival in viewer.Arrivals)
            arrived += arrival >= from && arrival < to ? 1 : 0;
        (long first, long end) = (camera.FirstAfter(from), camera.FirstAfter(to));
        return new Delivery(arrived / (to - from).TotalSeconds, end - first, Match(viewer, camera, framesPerSecond, first, end));
    }

    private static List<TimeSpan>? Match(Viewer viewer, CameraPublisher camera, int framesPerSecond, long first, long end)
    {
        int live = viewer.FirstLive;
        if (FrameNumbering.Recognise(viewer.MediaTimes[live..], framesPerSecond) is not { } numbers)
            return null;

        var latencies = new List<TimeSpan>();
        for (int i = 0; i < numbers.Length; i++)
        {
            TimeSpan arrival = viewer.Arrivals[live + i];
            long picture = camera.LastBefore(arrival, numbers[i]);
            if (picture >= first && picture < end)
                latencies.Add(arrival - camera.WrittenAt(picture));
        }

        return latencies;
    }
}
