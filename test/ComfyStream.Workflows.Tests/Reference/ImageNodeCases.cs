using System.Globalization;

namespace ComfyStream.Workflows.Tests.Reference;

/// <summary>What nodes that give pictures are tried with: every choice, odd and smallest sizes, places outside, alpha.</summary>
internal static class ImageNodeCases
{
    private static readonly string[] _methods = ["nearest-exact", "bilinear", "area", "bicubic", "lanczos"];

    public static IEnumerable<NodeCase> All => [.. Scaling(), .. Placing(), .. Colours(), .. Filters(), .. Layers()];

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

    private static IEnumerable<NodeCase> Colours()
    {
        foreach (NodeCase item in AllSizes("ImageInvert", "{}"))
            yield return item;
        foreach (string mode in new[] { "normal", "multiply", "screen", "overlay", "soft_light", "difference" })
        {
            foreach (double factor in new[] { 0, 0.37, 0.5, 1 })
            {
                string settings = string.Create(CultureInfo.InvariantCulture, $$"""{ "blend_mode": "{{mode}}", "blend_factor": {{factor}} }""");
                yield return new NodeCase("ImageBlend", "96x64, 96x64", settings);
                yield return new NodeCase("ImageBlend", "~33x21, ~33x21", settings, RgbOnly: true);
            }

            yield return new NodeCase("ImageBlend", "96x64, 160x90", $$"""{ "blend_mode": "{{mode}}" }""");
            yield return new NodeCase("ImageBlend", "~31x17a, ~64x9", $$"""{ "blend_mode": "{{mode}}" }""", RgbOnly: true);
            yield return new NodeCase("ImageBlend", "~1x1, ~2x3a", $$"""{ "blend_mode": "{{mode}}" }""", RgbOnly: true);
        }

        yield return new NodeCase("EmptyImage", "", """{ "width": 37, "height": 21, "color": 1193046, "batch_size": 3 }""");
        yield return new NodeCase("EmptyImage", "", "{}");
        yield return new NodeCase("EmptyImage", "", """{ "width": 1, "height": 1, "color": 16777215 }""");
        foreach (string size in new[] { "96x64", "~17x3", "~1x1" })
            yield return new NodeCase("ImageColorToMask", size, """{ "color": 0 }""");
    }

    private static IEnumerable<NodeCase> Filters()
    {
        foreach ((int radius, double sigma) in new[] { (1, 1.0), (1, 0.1), (2, 0.5), (5, 10), (31, 0.3), (30, 1) })
        {
            foreach (NodeCase item in AllSizes("ImageBlur", string.Create(CultureInfo.InvariantCulture, $$"""{ "blur_radius": {{radius}}, "sigma": {{sigma}} }""")))
                yield return item;
        }

        foreach ((int radius, double sigma, double alpha) in new[] { (1, 1.0, 1.0), (3, 0.4, 0.05), (31, 0.3, 5), (2, 1, 0) })
        {
            foreach (NodeCase item in AllSizes("ImageSharpen", string.Create(CultureInfo.InvariantCulture, $$"""{ "sharpen_radius": {{radius}}, "sigma": {{sigma}}, "alpha": {{alpha}} }""")))
                yield return item;
        }

        foreach (string operation in new[] { "erode", "dilate", "open", "close", "gradient", "bottom_hat", "top_hat" })
        {
            foreach (int size in new[] { 3, 4, 7, 16, 99 })
            {
                foreach (NodeCase item in AllSizes("Morphology", $$"""{ "operation": "{{operation}}", "kernel_size": {{size}} }"""))
                    yield return item;
            }
        }

        foreach ((int kernel, double sigma) in new[] { (61, 7.0), (61, 5), (91, 14), (9, 1), (31, 2.5), (151, 24), (1, 3) })
        {
            foreach (NodeCase item in AllSizes("GaussianBlur", string.Create(CultureInfo.InvariantCulture, $$"""{ "kernel_size": {{kernel}}, "sigma": {{sigma}} }""")))
                yield return item;
        }

        foreach ((double low, double high) in new[] { (0.4, 0.8), (0.1, 0.2), (0.01, 0.99), (0.3, 0.3) })
        {
            foreach (NodeCase item in AllSizes("Canny", string.Create(CultureInfo.InvariantCulture, $$"""{ "low_threshold": {{low}}, "high_threshold": {{high}} }""")))
                yield return item;
        }
    }

    private static IEnumerable<NodeCase> Layers()
    {
        foreach ((int x, int y) in new[] { (0, 0), (10, 6), (40, 32), (8000, 8000), (94, 0) })
        {
            foreach (string links in new[] { "96x64, 96x64, mask 30x20", "96x64, 48x40, mask 48x40", "96x64, 160x90, none", "96x64, 32x32, mask 1x1" })
            {
                yield return new NodeCase("ImageCompositeMasked", links, $$"""{ "x": {{x}}, "y": {{y}} }""");
                yield return new NodeCase("ImageCompositeMasked", links, $$"""{ "x": {{x}}, "y": {{y}}, "resize_source": true }""");
            }

            foreach (string links in new[] { "~31x17, ~9x5, mask 4x4", "~96x64a, ~33x31a, mask 5x70", "~96x64a, ~33x31, none", "~96x64, ~33x31a, mask 33x31", "~1x1, ~1x1, mask 1x1" })
                yield return new NodeCase("ImageCompositeMasked", links, $$"""{ "x": {{x + 1}}, "y": {{y + 1}}, "resize_source": {{(x == 10 ? "true" : "false")}} }""", RgbOnly: true);
        }

        foreach (string links in new[] { "96x64, 96x64, mask 96x64", "96x64, 160x90, mask 30x20", "96x64, 16x16, mask 200x1" })
            yield return new NodeCase("Composite", links);
        yield return new NodeCase("Composite", "~31x17, ~9x50a, mask 31x17", """{ "mode": "cpu" }""", RgbOnly: true);
        foreach (string color in new[] { "black", "red", "blue", "green" })
        {
            foreach (NodeCase item in AllSizes("BackgroundColor", $$"""{ "color": "{{color}}" }"""))
                yield return item;
        }

        foreach (string links in new[] { "mask 64x48", "steps 40x16", "mask 16x90" })
            yield return new NodeCase("MaskToImage", links);
        foreach (string links in new[] { "mask 1x1", "mask 33x17" })
            yield return new NodeCase("MaskToImage", links, RgbOnly: true);
        foreach (string channel in new[] { "red", "green", "blue", "alpha" })
        {
            foreach (string links in new[] { "96x64a", "~31x17a", "~1x1a" })
                yield return new NodeCase("ImageToMask", links, $$"""{ "channel": "{{channel}}" }""");
        }

        foreach (string links in new[] { "96x64", "~31x17a", "~1x1a", "~1x1" })
            yield return new NodeCase("SplitImageWithAlpha", links);
        foreach (string links in new[] { "96x64, mask 96x64", "~31x17a, mask 8x8", "~1x1, mask 3x3", "~20x30, mask 1x1", "~20x30, mask 1x7", "~20x30, mask 90x2" })
            yield return new NodeCase("JoinImageWithAlpha", links);
    }

    private static IEnumerable<NodeCase> AllSizes(string classType, string settings) =>
    [
        new(classType, "96x64", settings), new(classType, "130x66", settings), new(classType, "16x16", settings),
        new(classType, "~1x1", settings, RgbOnly: true), new(classType, "~97x31a", settings, RgbOnly: true), new(classType, "~7x1", settings, RgbOnly: true),
        new(classType, "~1x19", settings, RgbOnly: true), new(classType, "~64x72", settings, RgbOnly: true),
    ];
}
