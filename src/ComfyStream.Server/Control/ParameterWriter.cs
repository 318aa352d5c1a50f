using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using ComfyStream.Workflows;
using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Server.Control;

/// <summary>Writes what a workflow's nodes let one change, and what holds now.</summary>
internal static class ParameterWriter
{
    private static readonly JsonWriterOptions _options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>All that a panel needs: <c>{ "workflow", "description", "nodes": { id: { "class_type" ..., "inputs": { name: { "type", "value" ... } } } } }</c>.</summary>
    public static byte[] Describe(Workflow workflow) => Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("workflow", workflow.Name);
        writer.WriteString("description", workflow.Description);
        writer.WriteStartObject("nodes");
        foreach ((WorkflowNodeInfo node, IReadOnlyList<ValueInput> inputs) in Changeable(workflow))
        {
            writer.WriteStartObject(node.Id);
            writer.WriteString("class_type", node.Descriptor.ClassType);
            writer.WriteString("display_name", node.Descriptor.DisplayName);
            writer.WriteString("description", node.Descriptor.Description);
            writer.WriteStartObject("inputs");
            foreach (ValueInput input in inputs)
                WriteInput(writer, input, node.Values[input.Name]);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    });

    /// <summary>The values in force, in the shape in which changes are sent: <c>{ id: { name: value } }</c>.</summary>
    public static byte[] Values(Workflow workflow) => Write(writer =>
    {
        writer.WriteStartObject();
        foreach ((WorkflowNodeInfo node, IReadOnlyList<ValueInput> inputs) in Changeable(workflow))
        {
            writer.WriteStartObject(node.Id);
            foreach (ValueInput input in inputs)
                WriteValue(writer, input.Name, node.Values[input.Name]);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    });

    /// <summary>Writes the default, range, step and text of an input, by ComfyUI's names.</summary>
    public static void WriteOptions(Utf8JsonWriter writer, NodeInput input)
    {
        if (input is ValueInput value)
            WriteValue(writer, "default", value.DefaultValue);
        switch (input)
        {
            case IntegerInput integer:
                writer.WriteNumber("min", integer.Min);
                writer.WriteNumber("max", integer.Max);
                writer.WriteNumber("step", integer.Step);
                break;
            case NumberInput number:
                writer.WriteNumber("min", number.Min);
                writer.WriteNumber("max", number.Max);
                writer.WriteNumber("step", number.Step);
                break;
            case TextInput text:
                writer.WriteBoolean("multiline", text.IsMultiline);
                break;
        }

        if (input.Tooltip.Length > 0)
            writer.WriteString("tooltip", input.Tooltip);
    }

    public static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, _options))
            write(writer);
        return buffer.WrittenSpan.ToArray();
    }

    // What is linked to another node is changed there.
    private static IEnumerable<(WorkflowNodeInfo Node, IReadOnlyList<ValueInput> Inputs)> Changeable(Workflow workflow)
    {
        using JsonDocument graph = JsonDocument.Parse(workflow.ToJson());
        foreach (WorkflowNodeInfo node in workflow.Nodes)
        {
            JsonElement written = graph.RootElement.GetProperty(node.Id);
            bool IsLinked(string name) =>
                written.TryGetProperty("inputs", out JsonElement inputs) && inputs.ValueKind == JsonValueKind.Object
                && inputs.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array;
            ValueInput[] own = [.. node.Descriptor.Values.Where(input => !IsLinked(input.Name))];
            if (own.Length > 0)
                yield return (node, own);
        }
    }

    private static void WriteInput(Utf8JsonWriter writer, ValueInput input, object value)
    {
        writer.WriteStartObject(input.Name);
        writer.WriteString("type", input is ChoiceInput ? "COMBO" : input.Type.Name);
        WriteValue(writer, "value", value);
        WriteOptions(writer, input);
        if (input is ChoiceInput choice)
        {
            writer.WriteStartArray("choices");
            foreach (string word in choice.Choices)
                writer.WriteStringValue(word);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter writer, string name, object value)
    {
        switch (value)
        {
            case int whole:
                writer.WriteNumber(name, whole);
                break;
            case double number:
                writer.WriteNumber(name, number);
                break;
            case bool isSet:
                writer.WriteBoolean(name, isSet);
                break;
            default:
                writer.WriteString(name, (string)value);
                break;
        }
    }
}
