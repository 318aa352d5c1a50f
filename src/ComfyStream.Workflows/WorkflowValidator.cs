using System.Text.Json;
using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Workflows;

/// <summary>
/// Checks a document against the node classes and makes a graph of it. Goes on after a problem, so that all are told at once;
/// inputs that a class does not have are ignored, as in ComfyUI, because its editor exports some.
/// </summary>
internal sealed class WorkflowValidator
{
    private readonly WorkflowDocument _document;
    private readonly NodeCatalog _catalog;
    private readonly WorkflowProblems _problems;
    private readonly Dictionary<string, WorkflowNode> _written;
    private readonly Dictionary<string, GraphNode> _nodes = [];

    private WorkflowValidator(WorkflowDocument document, NodeCatalog catalog, WorkflowProblems problems)
    {
        (_document, _catalog, _problems) = (document, catalog, problems);
        _written = document.Nodes.ToDictionary(node => node.Id);
    }

    /// <summary>Reads and checks a workflow. Null when there are problems.</summary>
    public static WorkflowGraph? Read(string json, NodeCatalog catalog, WorkflowProblems problems)
    {
        WorkflowDocument? document = WorkflowDocument.Read(json, problems);
        if (document is null)
            return null;

        document = ComfyStreamConventions.Apply(document, problems);
        return new WorkflowValidator(document, catalog, problems).Build();
    }

    private WorkflowGraph? Build()
    {
        foreach (WorkflowNode node in _document.Nodes)
            FindClass(node);
        foreach (GraphNode node in _nodes.Values)
            ReadInputs(node, _written[node.Id]);
        CheckCycles();

        GraphNode? output = FindOutput();
        return _problems.Any || output is null ? null : new WorkflowGraph([.. _nodes.Values], output, _written[output.Id].Description);
    }

    private void FindClass(WorkflowNode node)
    {
        if (node.ClassType.Length == 0)
            return;
        if (_catalog.TryFind(node.ClassType, out NodeDescriptor? descriptor))
            _nodes.Add(node.Id, new GraphNode(node.Id, descriptor));
        else
            _problems.Add(node, $"there is no such node class here; known are {string.Join(", ", _catalog.ClassTypes)}");
    }

    private GraphNode? FindOutput()
    {
        GraphNode[] outputs = [.. _nodes.Values.Where(node => node.Descriptor.Role == NodeRole.Output)];
        if (outputs.Length > 1)
            _problems.Add($"{WorkflowProblems.NameAll(outputs.Select(node => _written[node.Id]))} all give the stream's picture; keep one");
        return outputs.Length == 1 ? outputs[0] : null;
    }

    private void ReadInputs(GraphNode node, WorkflowNode written)
    {
        for (int i = 0; i < node.Descriptor.Links.Count; i++)
            node.Links[i] = ReadLink(node.Descriptor.Links[i], written);
        foreach (ValueInput input in node.Descriptor.Values)
            node.Settings.Set(input.Name, ReadValue(input, written));
    }

    private static bool TryGetInput(WorkflowNode node, string name, out JsonElement value)
    {
        value = default;
        return node.Inputs.ValueKind == JsonValueKind.Object && node.Inputs.TryGetProperty(name, out value)
            && value.ValueKind != JsonValueKind.Null;
    }

    private object ReadValue(ValueInput input, WorkflowNode node)
    {
        if (!TryGetInput(node, input.Name, out JsonElement value))
            return input.DefaultValue;
        if (input.TryRead(value, out object? read))
            return read;

        string given = value.ValueKind switch
        {
            JsonValueKind.Array => "a list (a link?)",
            JsonValueKind.Object => "an object",
            _ => WorkflowProblems.Quote(value.GetRawText()),
        };
        _problems.Add(node, input.Name, $"{given} does not fit; give {input.Expected}");
        return input.DefaultValue;
    }

    private GraphLink? ReadLink(LinkInput input, WorkflowNode node)
    {
        if (!TryGetInput(node, input.Name, out JsonElement value))
        {
            if (input.IsRequired)
                _problems.Add(node, input.Name, $"is missing; link it to an output of type {NameOf(input.Type)}");
            return null;
        }

        if (!TryReadLink(value, out string id, out int output))
        {
            _problems.Add(node, input.Name, $"is not a link; give [\"node id\", output number] of an output of type {NameOf(input.Type)}");
            return null;
        }

        if (!_written.TryGetValue(id, out WorkflowNode? writtenSource))
        {
            _problems.Add(node, input.Name, $"links to node {WorkflowProblems.Quote(id)}, which does not exist");
            return null;
        }

        // A source of unknown class has been reported already.
        return _nodes.TryGetValue(id, out GraphNode? source) ? CheckLink(input, node, source, writtenSource, output) : null;
    }

    private GraphLink? CheckLink(LinkInput input, WorkflowNode node, GraphNode source, WorkflowNode writtenSource, int output)
    {
        IReadOnlyList<LinkType> outputs = source.Descriptor.Outputs;
        if (output < 0 || output >= outputs.Count)
        {
            string has = outputs.Count == 0 ? "has no outputs" : $"has outputs 0 to {outputs.Count - 1} only";
            _problems.Add(node, input.Name, $"links to output {output} of {WorkflowProblems.Describe(writtenSource)}, which {has}");
            return null;
        }

        if (outputs[output] != input.Type)
        {
            _problems.Add(node, input.Name,
                $"output {output} of {WorkflowProblems.Describe(writtenSource)} is {NameOf(outputs[output])}; link it to an output of type {NameOf(input.Type)}");
            return null;
        }

        return new GraphLink(source, output);
    }

    private static bool TryReadLink(JsonElement value, out string id, out int output)
    {
        (id, output) = ("", 0);
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() != 2)
            return false;
        id = value[0].ValueKind switch
        {
            JsonValueKind.String => value[0].GetString()!,
            JsonValueKind.Number => value[0].GetRawText(),
            _ => "",
        };
        return id.Length > 0 && value[1].ValueKind == JsonValueKind.Number && value[1].TryGetInt32(out output);
    }

    private static string NameOf(LinkType type) => type.ToString().ToUpperInvariant();

    /// <summary>Takes away nodes that feed on nothing or feed nothing until none is left: what stays lies on cycles or between them.</summary>
    private void CheckCycles()
    {
        HashSet<GraphNode> left = [.. _nodes.Values];
        bool removed = true;
        while (removed && left.Count > 0)
        {
            HashSet<GraphNode> feeding = [.. left.SelectMany(node => node.Links).OfType<GraphLink>().Select(link => link.Source)];
            removed = left.RemoveWhere(node => !feeding.Contains(node) || !node.Links.Any(link => link is not null && left.Contains(link.Source))) > 0;
        }

        if (left.Count > 0)
            _problems.Add($"a circle of links runs through {WorkflowProblems.NameAll(left.Select(node => _written[node.Id]))}; cut one of them");
    }
}
