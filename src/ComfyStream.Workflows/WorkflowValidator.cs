using System.Globalization;
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
    private readonly HashSet<GraphNode> _read = [];
    private readonly Dictionary<GraphNode, object[]?> _evaluated = [];

    private WorkflowValidator(WorkflowDocument document, NodeCatalog catalog, WorkflowProblems problems)
    {
        (_document, _catalog, _problems) = (document, catalog, problems);
        _written = document.Nodes.ToDictionary(node => node.Id);
    }

    /// <summary>Checks a document. Null when there are problems.</summary>
    public static WorkflowGraph? Check(WorkflowDocument document, NodeCatalog catalog, WorkflowProblems problems) =>
        new WorkflowValidator(ComfyStreamConventions.Apply(document, problems), catalog, problems).Build();

    private WorkflowGraph? Build()
    {
        foreach (WorkflowNode node in _document.Nodes)
            FindClass(node);
        foreach (GraphNode node in _nodes.Values)
            ReadInputs(node);
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
            _problems.Add(node, $"there is no such node class here; {(_problems.IsFull ? "" : NearestNames.Suggest(node.ClassType, _catalog))}");
    }

    /// <summary>A graph for stills may look at pictures on the way: what is saved counts before what is previewed.</summary>
    private GraphNode? FindOutput()
    {
        GraphNode[] outputs = [.. _nodes.Values.Where(node => node.Descriptor.Role == NodeRole.Output)];
        foreach (string classType in ComfyStreamConventions.ImageOutputs)
        {
            GraphNode[] equals = [.. outputs.Where(node => _written[node.Id].WrittenClassType == classType)];
            if (equals.Length > 1)
                _problems.Add($"{WorkflowProblems.NameAll(equals.Select(node => _written[node.Id]))} all give the stream's picture; keep one");
            if (equals.Length > 0)
                return equals[0];
        }

        return null;
    }

    /// <summary>Values may come from other nodes, which are read first then.</summary>
    private void ReadInputs(GraphNode node)
    {
        if (!_read.Add(node))
            return;
        WorkflowNode written = _written[node.Id];
        for (int i = 0; i < node.Descriptor.Links.Count; i++)
            node.Links[i] = ReadLink(node.Descriptor.Links[i], written);
        foreach (ValueInput input in node.Descriptor.Values)
            node.Settings.Set(input.Name, ReadValue(input, node, written));
    }

    private static bool TryGetInput(WorkflowNode node, string name, out JsonElement value)
    {
        value = default;
        return node.Inputs.ValueKind == JsonValueKind.Object && node.Inputs.TryGetProperty(name, out value)
            && value.ValueKind != JsonValueKind.Null;
    }

    private object ReadValue(ValueInput input, GraphNode reader, WorkflowNode node)
    {
        if (!TryGetInput(node, input.Name, out JsonElement value))
            return input.DefaultValue;
        if (TryReadLink(value, out string id, out int output))
            return FollowValue(input, reader, node, id, output);
        if (input.TryRead(value, out object? read))
            return read;

        string given = value.ValueKind switch
        {
            JsonValueKind.Array => "a list",
            JsonValueKind.Object => "an object",
            _ => WorkflowProblems.Quote(value.GetRawText()),
        };
        _problems.Add(node, input.Name, $"{given} does not fit; give {input.Expected}");
        return input.DefaultValue;
    }

    private object FollowValue(ValueInput input, GraphNode reader, WorkflowNode node, string id, int output)
    {
        if (FindSource(input, node, id) is not { } source || FindOutput(input, node, source, output) is not { } given)
            return input.DefaultValue;
        if (!Accepts(input, given.Type))
        {
            _problems.Add(node, input.Name, $"output {output} of {WorkflowProblems.Describe(_written[id])} is {given.Type}; link it to an output of type {input.Type}, or give {input.Expected}");
            return input.DefaultValue;
        }

        // What is wrong with the source itself is told there.
        reader.ValueSources.Add(source);
        if (Evaluate(source) is not { } values)
        {
            if (source.Descriptor.Evaluate is null)
                _problems.Add(node, input.Name, $"output {output} of {WorkflowProblems.Describe(_written[id])} is not known before the first picture; link it to a primitive, or give {input.Expected}");
            return input.DefaultValue;
        }

        if (input.TryConvert(values[output], out object? value))
            return value;
        string text = WorkflowProblems.Quote(Convert.ToString(values[output], CultureInfo.InvariantCulture) ?? "");
        _problems.Add(node, input.Name, $"{text}, from {WorkflowProblems.Describe(_written[id])}, does not fit; give {input.Expected}");
        return input.DefaultValue;
    }

    private static bool Accepts(ValueInput input, LinkType type) =>
        input.Type == type || (input.Type == LinkType.Float && type == LinkType.Int);

    /// <summary>The values that a node gives; null when it gives none, or lies on a circle.</summary>
    private object[]? Evaluate(GraphNode node)
    {
        if (node.Descriptor.Evaluate is null)
            return null;
        if (_evaluated.TryGetValue(node, out object[]? values))
            return values;
        _evaluated[node] = null;
        ReadInputs(node);
        return _evaluated[node] = node.Descriptor.Evaluate(node.Settings);
    }

    private GraphLink? ReadLink(LinkInput input, WorkflowNode node)
    {
        if (input.Alias is { } alias && TryGetInput(node, alias, out _) && !TryGetInput(node, input.Name, out _))
            input = input with { Name = alias };
        if (!TryGetInput(node, input.Name, out JsonElement value))
        {
            if (input.IsRequired)
                _problems.Add(node, input.Name, $"is missing; link it to an output of type {input.Type}");
            return null;
        }

        if (!TryReadLink(value, out string id, out int output))
        {
            _problems.Add(node, input.Name, $"is not a link; give [\"node id\", output number] of an output of type {input.Type}");
            return null;
        }

        if (FindSource(input, node, id) is not { } source || FindOutput(input, node, source, output) is not { } given)
            return null;
        if (given.Type != input.Type)
        {
            _problems.Add(node, input.Name,
                $"output {output} of {WorkflowProblems.Describe(_written[id])} is {given.Type}; link it to an output of type {input.Type}");
            return null;
        }

        bool isMaskOfStill = source.Descriptor.Role == NodeRole.Input && given.Type == LinkType.Mask;
        return isMaskOfStill ? new GraphLink(new GraphNode(id, FullMaskNode.Descriptor), 0) : new GraphLink(source, output);
    }

    /// <summary>The node that a link names; null when there is none, or its class is unknown, which has been told already.</summary>
    private GraphNode? FindSource(NodeInput input, WorkflowNode node, string id)
    {
        if (!_written.ContainsKey(id))
            _problems.Add(node, input.Name, $"links to node {WorkflowProblems.Quote(id)}, which does not exist");
        return _nodes.GetValueOrDefault(id);
    }

    private NodeOutput? FindOutput(NodeInput input, WorkflowNode node, GraphNode source, int output)
    {
        IReadOnlyList<NodeOutput> outputs = source.Descriptor.Outputs;
        if (output >= 0 && output < outputs.Count)
            return outputs[output];
        string has = outputs.Count == 0 ? "has no outputs" : $"has outputs 0 to {outputs.Count - 1} only";
        _problems.Add(node, input.Name, $"links to output {output} of {WorkflowProblems.Describe(_written[source.Id])}, which {has}");
        return null;
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

    /// <summary>Takes away nodes that feed on nothing or feed nothing until none is left: what stays lies on cycles or between them.</summary>
    private void CheckCycles()
    {
        HashSet<GraphNode> left = [.. _nodes.Values];
        bool removed = true;
        while (removed && left.Count > 0)
        {
            HashSet<GraphNode> feeding = [.. left.SelectMany(SourcesOf)];
            removed = left.RemoveWhere(node => !feeding.Contains(node) || !SourcesOf(node).Any(left.Contains)) > 0;
        }

        if (left.Count > 0)
            _problems.Add($"a circle of links runs through {WorkflowProblems.NameAll(left.Select(node => _written[node.Id]))}; cut one of them");
    }

    private static IEnumerable<GraphNode> SourcesOf(GraphNode node) =>
        node.Links.OfType<GraphLink>().Select(link => link.Source).Concat(node.ValueSources);
}
