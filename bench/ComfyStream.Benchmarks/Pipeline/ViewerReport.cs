namespace ComfyStream.Benchmarks.Pipeline;

/// <summary>Prints what one viewer got.</summary>
internal static class ViewerReport
{
    public static void Print(string name, Delivery delivery)
    {
        string rate = $"{name}: {delivery.FramesPerSecond:F1} fps";
        if (delivery.Latencies is not { } latencies)
        {
            Console.WriteLine($"{rate}; its pictures could not be matched to the camera's");
            return;
        }

        var latency = new Percentiles(latencies);
        Console.WriteLine(
            $"{rate}, delivered {latencies.Count} of {delivery.Sent} ({(double)latencies.Count / delivery.Sent:F4}), "
            + $"camera to viewer p50 {latency.At(0.5):F1}  p95 {latency.At(0.95):F1}  p99 {latency.At(0.99):F1}  most {latency.At(1):F1} ms");
    }
}
