namespace ComfyStream.Workflows.Tests.Reference;

/// <summary>What nodes that give pictures are tried with: every choice, odd and smallest sizes, places outside, alpha.</summary>
internal static class ImageNodeCases
{
    private static readonly string[] _methods = ["nearest-exact", "bilinear", "area", "bicubic", "lanczos"];

    public static IEnumerable<NodeCase> All => [.. Scaling(), .. Placing(), .. Colours()];

    private static IEnumerable<NodeCase> Scaling()
    {
        foreach (string method in _methods)
        {
            foreach ((string from, int width, int height) in new[] { ("160x90", 320, 180), ("160x90", 64, 48), ("160x90", 150, 200), ("200x120", 200, 120), ("64x48", 0, 0), ("160x90", 0, 36), ("160x90", 128, 0) })
                yield return new NodeCase("ImageScale", from, $$"""{ "upscale_method": "{{method}}", "width": {{width}}, "height": {{height}} }""");
            foreach ((string from, int width, int height) in new[] { ("160x90", 60, 80), ("90x160", 120, 60), ("160x90", 320, 180) })
                yield return new NodeCase("ImageScale", from, $$"""{ "upscale_method": "{{method}}", "width": {{width}}, "height": {{height}}, "crop": "center" }""");
            foreach ((string from, int width, int height) in new[] { ("~1x1", 5, 3), ("~17x13", 1, 1), ("~2x1", 7, 9), ("~33x7", 15, 66), ("~40x30a", 31, 47), ("161x91", 45, 27) })
                yield return new NodeCase("ImageScale", from, $$"""{ "upscale_method": "{{method}}", "width": {{width}}, "height": {{height}} }""", RgbOnly: true);
            yield return new NodeCase("ImageScale", "~33x45", $$"""{ "upscale_method": "{{method}}", "width": 20, "height": 11, "crop": "center" }""", RgbOnly: true);
            yield return new NodeCase("ImageScaleBy", "128x96", $$"""{ "upscale_method": "{{method}}", "scale_by": 1.5 }""");
            yield return new NodeCase("ImageScaleBy", "~30x20", $$"""{ "upscale_method": "{{method}}", "scale_by": 0.01 }""", RgbOnly: true);
            yield return new NodeCase("ImageScaleToTotalPixels", "160x90", $$"""{ "upscale_method": "{{method}}", "megapixels": 0.01, "resolution_steps": 8 }""");
            yield return new NodeCase("ImageScaleToTotalPixels", "~33x21", $$"""{ "upscale_method": "{{method}}", "megapixels": 0.02 }""", RgbOnly: true);
        }
    }

    private static IEnumerable<NodeCase> Placing()
    {
        foreach ((int x, int y) in new[] { (0, 0), (10, 6), (11, 7), (11, 6), (10, 7) })
            yield return new NodeCase("ImageCrop", "96x64", $$"""{ "width": 40, "height": 32, "x": {{x}}, "y": {{y}} }""");
        yield return new NodeCase("ImageCrop", "96x64", """{ "width": 512, "height": 512, "x": 20, "y": 30 }""");
        yield return new NodeCase("ImageCrop", "~31x17a", """{ "width": 13, "height": 9, "x": 5, "y": 3 }""", RgbOnly: true);
        yield return new NodeCase("ImageCrop", "~31x17", """{ "width": 512, "height": 512, "x": 900, "y": 900 }""", RgbOnly: true);
        foreach (string method in new[] { "x-axis: vertically", "y-axis: horizontally" })
        {
            foreach (NodeCase item in AllSizes("ImageFlip", $$"""{ "flip_method": "{{method}}" }"""))
                yield return item;
        }

        foreach (string rotation in new[] { "none", "90 degrees", "180 degrees", "270 degrees" })
        {
            foreach (NodeCase item in AllSizes("ImageRotate", $$"""{ "rotation": "{{rotation}}" }"""))
                yield return item;
        }

        foreach (string settings in new[]
        {
            """{ "left": 16, "top": 8, "right": 24, "bottom": 32, "feathering": 10 }""", """{ "left": 8, "feathering": 31 }""",
            """{ "bottom": 8, "feathering": 32 }""", """{ "right": 8, "top": 16, "feathering": 0 }""", "{}",
        })
        {
            foreach (NodeCase item in AllSizes("ImagePadForOutpaint", settings))
                yield return item;
        }
    }

    private static IEnumerable<NodeCase> Colours() => AllSizes("ImageInvert", "{}");

    private static IEnumerable<NodeCase> AllSizes(string classType, string settings) =>
    [
        new(classType, "96x64", settings), new(classType, "130x66", settings), new(classType, "16x16", settings),
        new(classType, "~1x1", settings, RgbOnly: true), new(classType, "~97x31a", settings, RgbOnly: true), new(classType, "~7x1", settings, RgbOnly: true),
        new(classType, "~1x19", settings, RgbOnly: true), new(classType, "~64x72", settings, RgbOnly: true),
    ];
}
