using ComfyStream.Media;

namespace ComfyStream.Benchmarks.Joining;

/// <summary>Prints how long joins took, and whether the pictures can be decoded.</summary>
internal static class JoinReport
{
    public static void Print(string title, IReadOnlyList<Join> joins, int failed)
    {
        Console.WriteLine();
        Console.WriteLine($"{title}: {joins.Count} joins, {failed} failed, {joins.Sum(join => join.Gaps)} gaps, {joins.Sum(join => join.PicturesLost)} pictures lost; {joins.Sum(join => join.Skips)} steps over pictures that were never coded");
        Console.WriteLine("                                          p50      p95      p99     most ms");
        Print("POST to its answer", joins.Select(join => join.Signaling));
        Print("ICE: to a path that works", joins.Select(join => join.Ice));
        Print("DTLS: to the keys", joins.Select(join => join.Dtls));
        Print("to the first picture, whole", joins.Select(join => join.Picture));
        Print("POST to the first picture", joins.Select(join => join.Total));
        Print("POST to pictures on time", joins.Select(join => join.CaughtUp));
    }

    public static void PrintDecoded(ICodecFactory codecs, IReadOnlyList<IReadOnlyList<EncodedFrame>> kept)
    {
        (int decoded, int broken) = (0, 0);
        using var pool = new VideoFramePool();
        foreach (IReadOnlyList<EncodedFrame> pictures in kept)
        {
            using IVideoDecoder decoder = codecs.CreateVideoDecoder(MediaCodec.H264, pool);
            foreach (EncodedFrame picture in pictures)
            {
                broken += decoder.TryWrite(picture) ? 0 : 1;
                while (decoder.TryRead(out VideoFrame? frame))
                {
                    decoded++;
                    frame!.Return();
                }
            }
        }

        Console.WriteLine($"decoded {kept.Count} of them from the first picture on: {decoded} pictures of {kept.Sum(pictures => pictures.Count)}, {broken} refused");
    }

    private static void Print(string name, IEnumerable<TimeSpan> times)
    {
        var percentiles = new Percentiles(times);
        Console.WriteLine($"{name,-36} {percentiles.At(0.5),8:F1} {percentiles.At(0.95),8:F1} {percentiles.At(0.99),8:F1} {percentiles.At(1),8:F1}");
    }
}
