using System.Text.Json;
using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Server.Control;

/// <summary>
/// Writes node classes as ComfyUI's <c>/object_info</c> does, so that its clients can check graphs and build panels. All values count
/// as required, as there: editors show them, and leaving one out takes the default.
/// </summary>
/// <param name="pictures">The pictures that a workflow may name.</param>
internal sealed class NodeInfoWriter(IReadOnlyList<string> pictures)
{
    public void Write(Utf8JsonWriter writer, NodeDescriptor node)
    {
        NodeInput[] optional = [.. node.Inputs.Where(input => input is LinkInput { IsRequired: false })];
        NodeInput[] required = [.. node.Inputs.Except(optional)];
        writer.WriteStartObject(node.ClassType);
        WriteGroups("input", WriteInputs);
        WriteGroups("input_order", WriteNames);
        WriteArray(writer, "output", node.Outputs, output => writer.WriteStringValue(output.Type.Name));
        WriteArray(writer, "output_is_list", node.Outputs, _ => writer.WriteBooleanValue(false));
        WriteArray(writer, "output_name", node.Outputs, output => writer.WriteStringValue(output.Name));
        writer.WriteString("name", node.ClassType);
        writer.WriteString("display_name", node.DisplayName);
        writer.WriteString("description", node.Description);
        writer.WriteString("python_module", "comfystream");
        writer.WriteString("category", node.Category);
        writer.WriteBoolean("output_node", node.Outputs.Count == 0);
        writer.WriteEndObject();

        void WriteGroups(string name, Action<Utf8JsonWriter, string, NodeInput[]> write)
        {
            writer.WriteStartObject(name);
            write(writer, "required", required);
            if (optional.Length > 0)
                write(writer, "optional", optional);
            writer.WriteEndObject();
        }
    }

    private void WriteInputs(Utf8JsonWriter writer, string group, NodeInput[] inputs)
    {
        writer.WriteStartObject(group);
        foreach (NodeInput input in inputs)
        {
            writer.WriteStartArray(input.Name);
            WriteType(writer, input);
            writer.WriteStartObject();
            if (input is PictureFileInput)
                writer.WriteBoolean("image_upload", false);
            else
                ParameterWriter.WriteOptions(writer, input);
            writer.WriteEndObject();
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    // What one chooses from stands in the place of the type.
    private void WriteType(Utf8JsonWriter writer, NodeInput input)
    {
        IReadOnlyList<string>? choices = input switch
        {
            ChoiceInput choice => choice.Choices,
            PictureFileInput => pictures,
            _ => null,
        };
        if (choices is null)
        {
            writer.WriteStringValue(input.Type.Name);
            return;
        }

        writer.WriteStartArray();
        foreach (string choice in choices)
            writer.WriteStringValue(choice);
        writer.WriteEndArray();
    }

    private static void WriteNames(Utf8JsonWriter writer, string group, NodeInput[] inputs) =>
        WriteArray(writer, group, inputs, input => writer.WriteStringValue(input.Name));

    private static void WriteArray<T>(Utf8JsonWriter writer, string name, IEnumerable<T> items, Action<T> write)
    {
        writer.WriteStartArray(name);
        foreach (T item in items)
            write(item);
        writer.WriteEndArray();
    }
}
