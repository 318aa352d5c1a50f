using System.Buffers;
using System.Text;
using System.Text.Json;
using ComfyStream.Media;
using ComfyStream.Workflows.Nodes;

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
    public const int MaxGraphs = 16;

    private WorkflowDocument(IReadOnlyList<WorkflowNode> nodes) => Nodes = nodes;

    /// <summary>In the document's order; ids are unique.</summary>
    public IReadOnlyList<WorkflowNode> Nodes { get; }

    /// <summary>Reads a graph, or a list of graphs. Empty when there is nothing to go on with.</summary>
    public static IReadOnlyList<WorkflowDocument> Read(string json, WorkflowProblems problems)
    {
        if (json.Length > MaxBytes || Encoding.UTF8.GetByteCount(json) > MaxBytes)
        {
            problems.Add($"the workflow is larger than {MaxBytes / 1024} KiB; send only the graph in API format");
            return [];
        }

        byte[] utf8 = Encoding.UTF8.GetBytes(json);
        try
        {
            if (!JsonStrings.AreUnicode(utf8, MaxDepth))
            {
                problems.Add("a text in the workflow is not valid Unicode; remove the lone surrogate escapes (\\ud800 to \\udfff)");
                return [];
            }

            using JsonDocument parsed = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = MaxDepth });
            return ReadRoot(parsed.RootElement.Clone(), problems);
        }
        catch (JsonException e)
        {
            problems.Add($"not valid JSON (or deeper than {MaxDepth} levels) at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}");
            return [];
        }
    }

    /// <summary>The same document with other classes, for conventions that rewrite.</summary>
    public WorkflowDocument WithNodes(IEnumerable<WorkflowNode> nodes) => new([.. nodes]);

    /// <summary>The same document with other values; what a value is, is seen when the document is compiled.</summary>
    public WorkflowDocument With(IReadOnlyList<WorkflowChange> changes, WorkflowGraph graph, WorkflowProblems problems)
    {
        var byNode = changes.GroupBy(change => change.NodeId).ToDictionary(group => group.Key, group => group.ToList());
        Dictionary<string, GraphNode> known = graph.Nodes.ToDictionary(node => node.Id);
        foreach (string id in byNode.Keys.Where(id => !known.ContainsKey(id)))
            problems.Add(new WorkflowNode(id, "", "", default, "", default), "there is no such node in the workflow");
        return new WorkflowDocument([.. Nodes.Select(node =>
            known.TryGetValue(node.Id, out GraphNode? checkedNode) && byNode.TryGetValue(node.Id, out List<WorkflowChange>? own)
                ? With(node, own, checkedNode.Descriptor, problems)
                : node)]);
    }

    /// <summary>The graph in API format.</summary>
    public string ToJson() => Write(writer =>
    {
        writer.WriteStartObject();
        foreach (WorkflowNode node in Nodes)
        {
            writer.WritePropertyName(node.Id);
            WriteWith(writer, node.Source, ("inputs", node.Inputs));
        }

        writer.WriteEndObject();
    });

    private static WorkflowNode With(WorkflowNode node, List<WorkflowChange> changes, NodeDescriptor descriptor, WorkflowProblems problems)
    {
        foreach (WorkflowChange change in changes.Where(change => descriptor.Values.All(input => input.Name != change.Input)))
        {
            problems.Add(node, WorkflowProblems.Quote(change.Input), descriptor.Links.Any(input => input.Name == change.Input)
                ? "comes from another node; put another workflow in this one's place to link it anew"
                : $"there is no such value; there are {string.Join(", ", descriptor.Values.Select(input => input.Name))}");
        }

        if (problems.Any)
            return node;
        string inputs = Write(writer => WriteWith(writer, node.Inputs, [.. changes.DistinctBy(change => change.Input).Select(change =>
            (change.Input, changes.FindLast(last => last.Input == change.Input)!.Value))]));
        using JsonDocument parsed = JsonDocument.Parse(inputs);
        return node with { Inputs = parsed.RootElement.Clone() };
    }

    /// <summary>An object, some of its members being others.</summary>
    private static void WriteWith(Utf8JsonWriter writer, JsonElement source, params (string Name, JsonElement Value)[] changed)
    {
        writer.WriteStartObject();
        if (source.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in source.EnumerateObject().Where(property => changed.All(other => other.Name != property.Name)))
                property.WriteTo(writer);
        }

        foreach ((string name, JsonElement value) in changed.Where(change => change.Value.ValueKind != JsonValueKind.Undefined))
        {
            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    private static string Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
            write(writer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static IReadOnlyList<WorkflowDocument> ReadRoot(JsonElement root, WorkflowProblems problems)
    {
        if (root.ValueKind != JsonValueKind.Array)
            return ReadGraph(root, problems) is { } only ? [only] : [];
        int count = root.GetArrayLength();
        if (count is 0 or > MaxGraphs)
        {
            problems.Add($"a list holds 1 to {MaxGraphs} workflows, this one holds {count}");
            return [];
        }

        var documents = new List<WorkflowDocument>();
        for (int i = 0; i < count; i++)
        {
            problems.Graph = count > 1 ? i + 1 : 0;
            if (ReadGraph(root[i], problems) is { } document)
                documents.Add(document);
        }

        return documents;
    }

    private static WorkflowDocument? ReadGraph(JsonElement root, WorkflowProblems problems)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            problems.Add("a workflow is a JSON object of node id to node, or a list of such objects");
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
        var node = new WorkflowNode(id, "", "", default, "", value);
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
