using System.Text;
using System.Text.Json;

namespace ComfyStream.Workflows;

/// <summary>
/// A graph in ComfyUI's API format: an object of node id to <c>class_type</c>, <c>inputs</c> and <c>_meta</c>. Classes and links
/// are not looked at here: see <see cref="WorkflowValidator"/>.
/// </summary>
internal sealed class WorkflowDocument
{
    public const int MaxBytes = 256 * 1024;
    public const int MaxNodes = 1000;
    public const int MaxDepth = 32;

    private WorkflowDocument(IReadOnlyList<WorkflowNode> nodes) => Nodes = nodes;

    /// <summary>In the document's order; ids are unique.</summary>
    public IReadOnlyList<WorkflowNode> Nodes { get; }

    /// <summary>Reads a graph, or a list of one graph. Null when there is nothing to go on with.</summary>
    public static WorkflowDocument? Read(string json, WorkflowProblems problems)
    {
        if (json.Length > MaxBytes || Encoding.UTF8.GetByteCount(json) > MaxBytes)
        {
            problems.Add($"the workflow is larger than {MaxBytes / 1024} KiB; send only the graph in API format");
            return null;
        }

        byte[] utf8 = Encoding.UTF8.GetBytes(json);
        try
        {
            if (!HasUnicodeStrings(utf8))
            {
                problems.Add("a text in the workflow is not valid Unicode; remove the lone surrogate escapes (\\ud800 to \\udfff)");
                return null;
            }

            using JsonDocument parsed = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = MaxDepth });
            return ReadRoot(parsed.RootElement.Clone(), problems);
        }
        catch (JsonException e)
        {
            problems.Add($"not valid JSON (or deeper than {MaxDepth} levels) at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}");
            return null;
        }
    }

    /// <summary>The same document with other classes, for conventions that rewrite.</summary>
    public WorkflowDocument WithNodes(IEnumerable<WorkflowNode> nodes) => new([.. nodes]);

    /// <summary>System.Text.Json accepts an escaped lone surrogate and throws only when the string is asked for.</summary>
    private static bool HasUnicodeStrings(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            while (reader.Read())
            {
                if (reader.ValueIsEscaped)
                    reader.GetString();
            }

            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static WorkflowDocument? ReadRoot(JsonElement root, WorkflowProblems problems)
    {
        if (root.ValueKind == JsonValueKind.Array)
        {
            if (root.GetArrayLength() != 1)
            {
                problems.Add($"a list holds exactly one workflow, this one holds {root.GetArrayLength()}; send one");
                return null;
            }

            root = root[0];
        }

        if (root.ValueKind != JsonValueKind.Object)
        {
            problems.Add("a workflow is a JSON object of node id to node, or a list that holds one such object");
            return null;
        }

        if (IsUiFormat(root))
        {
            problems.Add("this is ComfyUI's UI format; export the API format (menu Workflow, Export (API); in older versions \"Save (API Format)\" with dev mode on) and send that");
            return null;
        }

        return ReadNodes(root, problems);
    }

    private static bool IsUiFormat(JsonElement root) =>
        root.TryGetProperty("nodes", out JsonElement nodes) && nodes.ValueKind == JsonValueKind.Array;

    private static WorkflowDocument? ReadNodes(JsonElement root, WorkflowProblems problems)
    {
        var nodes = new List<WorkflowNode>();
        var ids = new HashSet<string>();
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (nodes.Count == MaxNodes)
            {
                problems.Add($"the workflow has more than {MaxNodes} nodes; make it smaller");
                return null;
            }

            WorkflowNode node = ReadNode(property.Name, property.Value, problems);
            if (ids.Add(node.Id))
                nodes.Add(node);
            else
                problems.Add(node, "this id is given twice; give every node its own");
        }

        return new WorkflowDocument(nodes);
    }

    private static WorkflowNode ReadNode(string id, JsonElement value, WorkflowProblems problems)
    {
        var node = new WorkflowNode(id, "", "", default, "");
        if (value.ValueKind != JsonValueKind.Object)
        {
            problems.Add(node, "is not an object; a node has class_type and inputs");
            return node;
        }

        string classType = ReadText(value, "class_type");
        if (classType.Length == 0)
            problems.Add(node, "has no class_type; name the node's class");
        node = node with { ClassType = classType, WrittenClassType = classType };

        if (value.TryGetProperty("inputs", out JsonElement inputs))
        {
            if (inputs.ValueKind == JsonValueKind.Object)
                node = node with { Inputs = inputs };
            else
                problems.Add(node, "inputs is not an object of input name to value");
        }

        if (value.TryGetProperty("_meta", out JsonElement meta) && meta.ValueKind == JsonValueKind.Object)
            node = node with { Description = ReadText(meta, "description") };
        return node;
    }

    private static string ReadText(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() ?? "" : "";
}
