using static ComfyStream.Workflows.Tests.Models.OnnxModels;

namespace ComfyStream.Workflows.Tests.Models;

/// <summary>Tiny models with the tensors of well-known ones: what a manifest describes, with arithmetic that a test can follow.</summary>
internal static class InterfaceModels
{
    /// <summary>Depth Anything's: the mean of the colours of each pixel.</summary>
    public static byte[] DepthAnything() => Build(
        [Node("ReduceMean", ["pixel_values"], ["predicted_depth"], Numbers("axes", 1), Number("keepdims", 0))],
        [],
        [Value("pixel_values", Float, 1, 3, -1, -1)],
        [Value("predicted_depth", Float, 1, -1, -1)]);

    /// <summary>MiDaS's, whose tensors have numbers for names.</summary>
    public static byte[] Midas() => Build(
        [Node("ReduceMean", ["0"], ["797"], Numbers("axes", 1), Number("keepdims", 0))],
        [],
        [Value("0", Float, 1, 3, 256, 256)],
        [Value("797", Float, 1, 256, 256)]);

    /// <summary>A picture for a picture, as it is: fast neural style's, or any other's.</summary>
    public static byte[] SamePicture(string input, string output, int type, params int[] shape) =>
        Build([Node("Identity", [input], [output])], [], [Value(input, type, shape)], [Value(output, type, shape)]);

    /// <summary>A picture of twice the width, the input beside itself.</summary>
    public static byte[] WidePicture() => Build(
        [Node("Concat", ["input", "input"], ["output"], Number("axis", 3))],
        [],
        [Value("input", Float, 1, 3, -1, -1)],
        [Value("output", Float, 1, 3, -1, -1)]);

    /// <summary>YOLOX's, which finds nothing.</summary>
    public static byte[] Yolox() => Build(
        [Node("ConstantOfShape", ["shape"], ["zeros"]), Node("ReduceMean", ["images"], ["mean"], Number("keepdims", 0)), Node("Add", ["zeros", "mean"], ["output"])],
        [Constants("shape", 1, 3549, 85)],
        [Value("images", Float, 1, 3, 416, 416)],
        [Value("output", Float, 1, 3549, 85)]);

    /// <summary>MODNet's: the mean of the colours.</summary>
    public static byte[] Modnet() => Build(
        [Node("ReduceMean", ["input"], ["output"], Numbers("axes", 1), Number("keepdims", 1))],
        [],
        [Value("input", Float, 1, 3, -1, -1)],
        [Value("output", Float, 1, 1, -1, -1)]);

    /// <summary>Robust Video Matting's: each recurrent tensor adds up the means of the pictures so far, and the matte is the first, by the ratio.</summary>
    public static byte[] RobustVideoMatting()
    {
        string[] numbers = ["1", "2", "3", "4"];
        return Build(
            [
                Node("ReduceMean", ["src"], ["mean"], Numbers("axes", 1), Number("keepdims", 1)),
                .. numbers.Select(i => Node("Add", [$"r{i}i", "mean"], [$"r{i}o"])),
                Node("Mul", ["r1o", "downsample_ratio"], ["pha"]),
                Node("Identity", ["src"], ["fgr"]),
            ],
            [],
            [Value("src", Float, 1, 3, -1, -1), .. numbers.Select(i => Value($"r{i}i", Float, 1, -1, -1, -1)), Value("downsample_ratio", Float, 1)],
            [Value("fgr", Float, 1, 3, -1, -1), Value("pha", Float, 1, 1, -1, -1), .. numbers.Select(i => Value($"r{i}o", Float, 1, -1, -1, -1))]);
    }
}
