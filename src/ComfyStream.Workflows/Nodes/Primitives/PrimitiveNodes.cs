namespace ComfyStream.Workflows.Nodes;

/// <summary>
/// ComfyUI's values as nodes: what other nodes' values are linked to. (The editor's older <c>PrimitiveNode</c> never reaches a workflow:
/// its export writes the values where they are used.)
/// </summary>
internal static class PrimitiveNodes
{
    public static readonly NodeDescriptor[] All =
    [
        Describe("PrimitiveString", "String", new TextInput("value") { MaxLength = 64 * 1024 }),
        Describe("PrimitiveStringMultiline", "String (Multiline)", new TextInput("value", IsMultiline: true) { MaxLength = 64 * 1024 }),
        Describe("PrimitiveInt", "Int", new IntegerInput("value", Default: 0, int.MinValue, int.MaxValue)),
        Describe("PrimitiveFloat", "Float", new NumberInput("value", Default: 0, -1e12, 1e12)),
        Describe("PrimitiveBoolean", "Boolean", new BooleanInput("value", Default: false)),
    ];

    private static NodeDescriptor Describe(string classType, string displayName, ValueInput value) => new()
    {
        ClassType = classType,
        DisplayName = displayName,
        Category = "utils/primitive",
        Description = "A value for other nodes.",
        Inputs = [value],
        Outputs = [value.Type],
        IsPure = true,
        Evaluate = settings => [settings[value.Name]],
    };
}
