using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ComfyStream.Media;
using ComfyStream.Workflows.Nodes;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Tests.Reference;

/// <summary>
/// The nodes of reference.py, run by Debian's Python (python3-numpy, python3-scipy, python3-pil), in one process for all tests. The
/// path's python3 may be one without Debian's modules.
/// </summary>
internal static unsafe class ReferenceNodes
{
    private static readonly Lock _gate = new();
    private static readonly Lazy<Process> _process = new(Start);

    /// <summary>What a node gives for pictures, masks and nulls: three arrays for a picture in I420, else one for each output.</summary>
    public static List<ReferenceArray> Run(NodeDescriptor descriptor, string settings, PictureFormat format, bool isBt709, object?[] links)
    {
        List<ReferenceArray> arrays = [.. links.SelectMany(Arrays)];
        var request = new JsonObject
        {
            ["node"] = descriptor.ClassType,
            ["settings"] = AllSettings(descriptor, settings),
            ["format"] = format.ToString(),
            ["bt709"] = isBt709,
            ["kinds"] = new JsonArray([.. links.Select(link => (JsonNode)(link is null ? "none" : link is MaskPlane ? "mask" : "picture"))]),
            ["shapes"] = JsonSerializer.SerializeToNode(arrays.Select(array => array.Shape)),
        };
        lock (_gate)
            return Exchange(request, arrays);
    }

    /// <summary>The planes of a picture or mask, as the reference sees them.</summary>
    public static List<ReferenceArray> Arrays(object? link) => link switch
    {
        null => [],
        VideoFrame frame => [.. Pictures.Planes.Select(plane => Read(Pictures.Height(frame, plane), Pictures.Width(frame, plane), 1, (x, y, _) => Pictures.Get(frame, plane, x, y)))],
        RgbPicture rgb => [Read(rgb.Height, rgb.Width, rgb.HasAlpha ? 4 : 3, (x, y, channel) => rgb.Plane(channel)[(nint)y * rgb.Stride + x])],
        MaskPlane mask => [Read(mask.Height, mask.Width, 1, (x, y, _) => mask.Row(y)[x])],
        _ => throw new ArgumentException("A picture or a mask.", nameof(link)),
    };

    private static ReferenceArray Read(int height, int width, int channels, Func<int, int, int, float> value)
    {
        float[] values = new float[height * width * channels];
        for (int i = 0; i < values.Length; i++)
            values[i] = value(i / channels % width, i / channels / width, i % channels);
        return new ReferenceArray(channels == 1 ? [height, width] : [height, width, channels], values);
    }

    private static JsonObject AllSettings(NodeDescriptor descriptor, string settings)
    {
        JsonObject given = JsonNode.Parse(settings)!.AsObject();
        foreach (ValueInput input in descriptor.Values)
        {
            if (!given.ContainsKey(input.Name))
                given[input.Name] = JsonSerializer.SerializeToNode(input.DefaultValue);
        }

        return given;
    }

    private static List<ReferenceArray> Exchange(JsonObject request, List<ReferenceArray> arrays)
    {
        Process python = _process.Value;
        Stream to = python.StandardInput.BaseStream;
        to.Write(Encoding.UTF8.GetBytes(request.ToJsonString() + "\n"));
        foreach (ReferenceArray array in arrays)
            to.Write(MemoryMarshal.AsBytes(array.Values.AsSpan()));
        to.Flush();

        Stream from = python.StandardOutput.BaseStream;
        var line = new List<byte>();
        for (int next; (next = from.ReadByte()) != '\n'; line.Add((byte)next))
        {
            if (next < 0)
                Assert.Fail($"reference.py ended; are python3-numpy, python3-scipy and python3-pil installed (./comfystream setup --tests)? {python.StandardError.ReadToEnd()}");
        }

        if (line is [(byte)'"', ..])
            Assert.Fail(JsonSerializer.Deserialize<string>(line.ToArray())!);
        return [.. JsonSerializer.Deserialize<int[][]>(line.ToArray())!.Select(shape => Receive(from, shape))];
    }

    private static ReferenceArray Receive(Stream from, int[] shape)
    {
        float[] values = new float[shape.Aggregate(1, (product, side) => product * side)];
        from.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        return new ReferenceArray(shape, values);
    }

    private static Process Start()
    {
        string script = Path.Combine(AppContext.BaseDirectory, "Reference", "reference.py");
        var start = new ProcessStartInfo("/usr/bin/python3", [script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }
}
