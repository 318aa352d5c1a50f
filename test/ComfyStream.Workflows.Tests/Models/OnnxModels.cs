using System.Text;

namespace ComfyStream.Workflows.Tests.Models;

/// <summary>Models made for tests, written in ONNX's protobuf format.</summary>
internal static class OnnxModels
{
    public const int Float = 1;
    public const int UInt8 = 2;
    public const int Int32 = 6;
    public const int Int64 = 7;
    public const int Float16 = 10;
    private const int Bool = 9;

    /// <summary>
    /// A model from float [1, 3, height, width] to float [1, 1, height, width] that gives the mean of the channels, and never comes to
    /// an end when one value is above 0.5.
    /// </summary>
    public static byte[] EndlessWhenBright(int height, int width)
    {
        byte[] body = Graph(
            [Node("Identity", ["again"], ["again_out"]), Node("Abs", ["value"], ["value_out"])],
            [],
            [Value("turn", Int64), Value("again", Bool), Value("value", Float, 1, 1, height, width)],
            [Value("again_out", Bool), Value("value_out", Float, 1, 1, height, width)]);
        return Model(
            [
                Node("ReduceMax", ["x"], ["brightest"], Number("keepdims", 0)),
                Node("Greater", ["brightest", "half"], ["is_bright"]),
                Node("ReduceMean", ["x"], ["mean"], Numbers("axes", 1), Number("keepdims", 1)),
                Node("Loop", ["", "is_bright", "mean"], ["y"], [.. Text(1, "body"), .. Bytes(6, body), .. Number(20, 5)]),
            ],
            [Constant("half", 0.5f)],
            height,
            width);
    }

    /// <summary>A model of the same shape that gives 1 everywhere, and fails on a picture whose mean is 0.5 or more.</summary>
    public static byte[] FailsWhenBright(int height, int width) => Model(
        [
            Node("ReduceMean", ["x"], ["mean"], Number("keepdims", 0)),
            Node("Mul", ["mean", "two"], ["doubled"]),
            Node("Cast", ["doubled"], ["index"], Number("to", Int64)),
            Node("Gather", ["ones", "index"], ["one"]),
            Node("ReduceMean", ["x"], ["plane"], Numbers("axes", 1), Number("keepdims", 1)),
            Node("Mul", ["plane", "zero"], ["nothing"]),
            Node("Add", ["nothing", "one"], ["y"]),
        ],
        [Constant("two", 2), Constant("zero", 0), [.. Number(1, 1), .. Constant("ones", 1)]],
        height,
        width);

    private static byte[] Model(byte[][] nodes, byte[][] initializers, int height, int width) =>
        Build(nodes, initializers, [Value("x", Float, 1, 3, height, width)], [Value("y", Float, 1, 1, height, width)]);

    /// <summary>IR version 8, operators as of version 13.</summary>
    public static byte[] Build(byte[][] nodes, byte[][] initializers, byte[][] inputs, byte[][] outputs) =>
        [.. Number(1, 8), .. Bytes(7, Graph(nodes, initializers, inputs, outputs)), .. Bytes(8, [.. Text(1, ""), .. Number(2, 13)])];

    public static byte[] Constants(string name, params long[] values) =>
        [.. Number(1, values.Length), .. Number(2, Int64), .. Text(8, name), .. Bytes(9, values.SelectMany(BitConverter.GetBytes).ToArray())];

    public static byte[] Constant(string name, float value) => [.. Number(2, Float), .. Text(8, name), .. Bytes(9, BitConverter.GetBytes(value))];

    private static byte[] Graph(byte[][] nodes, byte[][] initializers, byte[][] inputs, byte[][] outputs) =>
    [
        .. nodes.SelectMany(node => Bytes(1, node)),
        .. Text(2, "graph"),
        .. initializers.SelectMany(initializer => Bytes(5, initializer)),
        .. inputs.SelectMany(input => Bytes(11, input)),
        .. outputs.SelectMany(output => Bytes(12, output)),
    ];

    public static byte[] Node(string type, string[] inputs, string[] outputs, params byte[][] attributes) =>
    [
        .. inputs.SelectMany(input => Text(1, input)),
        .. outputs.SelectMany(output => Text(2, output)),
        .. Text(4, type),
        .. attributes.SelectMany(attribute => Bytes(5, attribute)),
    ];

    public static byte[] Number(string name, int value) => [.. Text(1, name), .. Number(3, value), .. Number(20, 2)];

    public static byte[] Numbers(string name, int value) => [.. Text(1, name), .. Number(8, value), .. Number(20, 7)];

    /// <summary>Negative sides are left open.</summary>
    public static byte[] Value(string name, int type, params int[] shape)
    {
        byte[] dimensions = [.. shape.SelectMany((length, i) => Bytes(1, length < 0 ? Text(2, $"{name}{i}") : Number(1, length)))];
        return [.. Text(1, name), .. Bytes(2, Bytes(1, [.. Number(1, type), .. Bytes(2, dimensions)]))];
    }

    private static byte[] Text(int field, string value) => Bytes(field, Encoding.ASCII.GetBytes(value));

    private static byte[] Number(int field, int value) => [.. Varint(field << 3), .. Varint(value)];

    private static byte[] Bytes(int field, byte[] value) => [.. Varint((field << 3) | 2), .. Varint(value.Length), .. value];

    private static byte[] Varint(int value) =>
        value < 0x80 ? [(byte)value] : [(byte)(value | 0x80), .. Varint(value >> 7)];
}
