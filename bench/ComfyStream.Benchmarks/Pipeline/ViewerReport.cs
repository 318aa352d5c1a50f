using ComfyStream.Benchmarks.Camera;

namespace ComfyStream.Benchmarks.Pipeline;

/// <summary>Prints what one viewer got of the pictures that the camera sent in a span of time.</summary>
internal static class ViewerReport
{
    public static void Print(string name, Viewer viewer, CameraPublisher camera, int framesPerSecond, TimeSpan from, TimeSpan to)
    {
        int arrived = 0;
        foreach (TimeSpan arrival in viewer.Arrivals)
            arrived += arrival >= from && arrival < to ? 1 : 0;
        string rate = $"{name}: {arrived / (to - from).TotalSeconds:F1} fps";
        if (FrameNumbering.Recognise(viewer.MediaTimes, framesPerSecond) is not { } numbers)
        {
            Console.WriteLine($"{rate}; its pictures could not be matched to the camera's");
            return;
        }

        (long first, long end) = (camera.FirstAfter(from), camera.FirstAfter(to));
        var latencies = new List<TimeSpan>();
        for (int i = 0; i < numbers.Length; i++)
        {
            TimeSpan arrival = viewer.Arrivals[i];
            long picture = camera.LastBefore(arrival, numbers[i]);
            if (picture >= first && picture < end)
                latencies.Add(arrival - camera.WrittenAt(picture));
        }

        var latency = new Percentiles(latencies);
        Console.WriteLine(
            $"{rate}, delivered {latencies.Count} of {end - first} ({(double)latencies.Count / (end - first):F4}), "
            + $"camera to viewer p50 {latency.At(0.5):F1}  p95 {latency.At(0.95):F1}  p99 {latency.At(0.99):F1}  most {latency.At(1):F1} ms");
    }
}
