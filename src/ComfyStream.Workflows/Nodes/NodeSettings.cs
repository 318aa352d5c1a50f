namespace ComfyStream.Workflows.Nodes;

/// <summary>The values of a node's <see cref="ValueInput"/>s, checked, defaults filled in.</summary>
internal sealed class NodeSettings
{
    private readonly Dictionary<string, object> _values = [];

    public void Set(string name, object value) => _values[name] = value;

    public int Integer(string name) => (int)_values[name];

    public double Number(string name) => (double)_values[name];

    public bool Boolean(string name) => (bool)_values[name];

    public string Choice(string name) => (string)_values[name];
}
