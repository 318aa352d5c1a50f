namespace ComfyStream.Workflows.Tests.Reference;

/// <summary>What nodes that make masks are tried with: every choice, odd and smallest sizes, places outside.</summary>
internal static class MaskNodeCases
{
    private static readonly string[] _sizes = ["mask 64x48", "mask 33x17", "mask 1x1", "mask 1x9", "mask 13x1", "steps 100x70"];

    public static IEnumerable<NodeCase> All =>
    [
        new("SolidMask", "", "{}"), new("SolidMask", "", """{ "value": 0.3, "width": 7, "height": 1 }"""), new("SolidMask", "", """{ "value": 0, "width": 1, "height": 40 }"""),
        .. AllSizes("InvertMask", "{}"),
        .. AllSizes("ThresholdMask", "{}", """{ "value": 0 }""", """{ "value": 0.25 }""", """{ "value": 1 }"""),
        .. AllSizes("CropMask", "{}", """{ "width": 1, "height": 1 }""", """{ "width": 5, "height": 700 }"""),
        new("CropMask", "mask 64x48", """{ "x": 5, "y": 7, "width": 11, "height": 13 }"""), new("CropMask", "mask 64x48", """{ "x": 63, "y": 47, "width": 11, "height": 13 }"""),
        .. AllSizes("FeatherMask", "{}", """{ "left": 5 }""", """{ "top": 3, "bottom": 4 }""", """{ "left": 16000, "right": 40, "top": 1, "bottom": 30 }"""),
        .. Growing(),
        .. Combining(),
    ];

    private static IEnumerable<NodeCase> Growing() =>
        from expand in new[] { 0, 1, 2, 3, 5, 8, 17, 64, 65, 200, -1, -2, -7, -31, -16384 }
        from tapered in new[] { "true", "false" }
        from size in _sizes
        select new NodeCase("GrowMask", size, $$"""{ "expand": {{expand}}, "tapered_corners": {{tapered}} }""");

    private static IEnumerable<NodeCase> Combining() =>
        from operation in new[] { "multiply", "add", "subtract", "and", "or", "xor" }
        from links in new[] { "mask 64x48, mask 64x48", "steps 33x17, steps 20x20", "mask 1x1, mask 5x5", "mask 40x30, mask 1x1" }
        from place in new[] { (X: 0, Y: 0), (X: 7, Y: 3), (X: 9000, Y: 0) }
        select new NodeCase("MaskComposite", links, $$"""{ "operation": "{{operation}}", "x": {{place.X}}, "y": {{place.Y}} }""");

    private static IEnumerable<NodeCase> AllSizes(string classType, params string[] settings) =>
        from setting in settings from size in _sizes select new NodeCase(classType, size, setting);
}
