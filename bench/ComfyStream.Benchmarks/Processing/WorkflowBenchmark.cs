using System.Diagnostics;
using ComfyStream.Benchmarks.Camera;
using ComfyStream.Benchmarks.Relaying;
using ComfyStream.Media;
using ComfyStream.Media.Libav;
using ComfyStream.Workflows;

namespace ComfyStream.Benchmarks.Processing;

/// <summary>
/// The workflows that ship, each between a decoder and an encoder that run beside it as in a stream, without a network: how many
/// pictures a second come through when they come as fast as they are taken, and what each costs by stage and by node.
/// </summary>
internal static class WorkflowBenchmark
{
    public const string Options = "seconds workflow size fps";

    /// <summary>Whose result is twice the size: measured at half of it.</summary>
    private const string Doubling = "upscale";

    private const int WarmUpPictures = 30;

    public static void Run(Arguments arguments)
    {
        int seconds = arguments.Number("seconds", 6, smoke: 1, most: 600);
        int framesPerSecond = arguments.Number("fps", 30, most: 60);
        (int width, int height) = arguments.Size("size", 1280, 720);
        if (!LibavCodecFactory.TryLoad(out LibavCodecFactory? codecs, out string problem))
            throw new ArgumentException(problem);
        using var frames = new VideoFramePool(64);
        using WorkflowLibrary library = ShippedWorkflows.Open(frames);
        string[] names = arguments.Has("workflow")
            ? arguments.Text("workflow", "").Split(',')
            : [.. library.List().Select(workflow => workflow.Name).Where(name => !ShippedWorkflows.Find(library, name).IsPassthrough)];

        Console.WriteLine($"a camera's pictures of {framesPerSecond} a second, H.264, decoded, processed and encoded side by side, {seconds} s each; {codecs.Description}; {Machine.Description}");
        Console.WriteLine();
        Console.WriteLine("| workflow | picture | pictures/s | CPU ms a picture: decode | process | encode | nodes, ms of each run |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- |");
        foreach (string name in names)
        {
            int divisor = name == Doubling && !arguments.Has("size") ? 2 : 1;
            Measure(name, ShippedWorkflows.Find(library, name), codecs, frames, CameraClip.Create(codecs, width / divisor, height / divisor, framesPerSecond), TimeSpan.FromSeconds(seconds));
        }
    }

    private static void Measure(string name, IWorkflow workflow, ICodecFactory codecs, VideoFramePool frames, CameraClip clip, TimeSpan duration)
    {
        if (TryCreate(name, workflow) is not { } created)
            return;
        using IFrameProcessor processor = created;
        using var line = new AssemblyLine(processor, codecs, frames, clip);
        line.WaitFor(WarmUpPictures);
        AssemblySample before = line.Sample();
        NodeTiming[] nodesBefore = [.. processor.Timings];
        Thread.Sleep(duration);
        AssemblySample used = line.Sample() - before;
        string nodes = string.Join(", ", processor.Timings.Zip(nodesBefore).Select(pair => Describe(pair.First, pair.Second)).Where(text => text.Length > 0));
        Console.WriteLine($"| `{name}` | {line.Width}x{line.Height} | {used.Pictures / used.Seconds:F0} | {used.Decode:F2} | {used.Process:F2} | {used.Encode:F2} | {nodes} |");
    }

    /// <summary>A workflow whose model is not here is told so in its row.</summary>
    private static IFrameProcessor? TryCreate(string name, IWorkflow workflow)
    {
        try
        {
            return workflow.CreateProcessor();
        }
        catch (MediaException missing)
        {
            Console.WriteLine($"| `{name}` | | | | | | {missing.Message} |");
            return null;
        }
    }

    private static string Describe(NodeTiming after, NodeTiming before)
    {
        long runs = after.RunCount - before.RunCount;
        return runs == 0 ? "" : $"{after.ClassType} {(after.Total - before.Total).TotalMilliseconds / runs:F2}";
    }
}
