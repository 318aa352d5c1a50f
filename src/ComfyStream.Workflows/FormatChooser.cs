using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Workflows;

/// <summary>
/// Chooses for each node the format of its pictures, so that the fewest conversions are made: a picture is converted at most once for
/// all who read it. Among equals, nodes have what they prefer. Exact, by a minimum cut: I420 is the source's side.
/// </summary>
internal sealed class FormatChooser
{
    private const long ConversionCost = 1_000_000;
    private const long ConstantConversionCost = 1000;
    private const long PreferenceCost = 1;

    private readonly MinimumCut _cut = new();
    private readonly Dictionary<GraphNode, int> _cutNodes = [];
    private readonly List<(GraphNode Node, int Output)> _pictures = [];
    private readonly Dictionary<(GraphNode Node, int Output), List<int>> _readers = [];

    /// <param name="order">Nodes in an order in which every node's sources come before it, the stream's input being the only one of its role.</param>
    /// <param name="result">What is shown, in I420.</param>
    /// <param name="inRgb">Nodes that have to work in RGB.</param>
    /// <param name="isConstant">Whether a node gives the same for all pictures.</param>
    /// <param name="resolve">Leads a link to a node that gives the same.</param>
    public static Dictionary<GraphNode, PictureFormat> Choose(
        IReadOnlyList<GraphNode> order, GraphLink result, IReadOnlySet<GraphNode> inRgb, Func<GraphNode, bool> isConstant,
        Func<GraphLink, GraphLink> resolve)
    {
        var chooser = new FormatChooser();
        foreach (GraphNode node in order)
            chooser.Add(node, inRgb.Contains(node) ? [PictureFormat.Rgb] : node.Descriptor.Formats, resolve);
        chooser._readers[(result.Source, result.Output)].Add(MinimumCut.Source);
        foreach ((GraphNode node, int output) in chooser._pictures)
            chooser.AddConversions(node, output, isConstant(node) ? ConstantConversionCost : ConversionCost);

        bool[] isI420 = chooser._cut.Solve();
        return order.ToDictionary(node => node, node => isI420[chooser._cutNodes[node]] ? PictureFormat.I420 : PictureFormat.Rgb);
    }

    private void Add(GraphNode node, IReadOnlyList<PictureFormat> formats, Func<GraphLink, GraphLink> resolve)
    {
        int cutNode = _cut.AddNode();
        _cutNodes.Add(node, cutNode);
        bool prefersI420 = formats[0] == PictureFormat.I420;
        long cost = formats.Count > 1 ? PreferenceCost : MinimumCut.Infinite;
        _cut.AddCost(prefersI420 ? MinimumCut.Source : cutNode, prefersI420 ? cutNode : MinimumCut.Sink, cost);

        foreach (GraphLink link in node.Links.OfType<GraphLink>().Select(resolve))
        {
            if (_readers.TryGetValue((link.Source, link.Output), out List<int>? readers))
                readers.Add(cutNode);
        }

        for (int output = 0; output < node.Descriptor.Outputs.Count; output++)
        {
            if (node.Descriptor.Outputs[output].Type != LinkType.Image)
                continue;
            _pictures.Add((node, output));
            _readers.Add((node, output), []);
        }
    }

    /// <summary>One cost if any reader is in the other format, either way.</summary>
    private void AddConversions(GraphNode node, int output, long cost)
    {
        List<int> readers = _readers[(node, output)];
        (int giver, int anyRgb, int anyI420) = (_cutNodes[node], _cut.AddNode(), _cut.AddNode());
        _cut.AddCost(giver, anyRgb, cost);
        _cut.AddCost(anyI420, giver, cost);
        foreach (int reader in readers)
        {
            _cut.AddCost(anyRgb, reader, MinimumCut.Infinite);
            _cut.AddCost(reader, anyI420, MinimumCut.Infinite);
        }
    }
}
