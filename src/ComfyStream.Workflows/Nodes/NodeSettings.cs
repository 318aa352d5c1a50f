namespace ComfyStream.Workflows.Nodes;

/// <summary>The values of a node's <see cref="ValueInput"/>s, checked, defaults filled in.</summary>
public sealed class NodeSettings
{
    private readonly Dictionary<string, object> _values = [];

    /// <summary>The value of an <see cref="IntegerInput"/>.</summary>
    public int Integer(string name) => (int)_values[name];

    /// <summary>The value of a <see cref="NumberInput"/>.</summary>
    public double Number(string name) => (double)_values[name];

    /// <summary>The value of a <see cref="BooleanInput"/>.</summary>
    public bool Boolean(string name) => (bool)_values[name];

    /// <summary>The value of a <see cref="ChoiceInput"/>.</summary>
    public string Choice(string name) => (string)_values[name];

    /// <summary>The value of a <see cref="TextInput"/> or a <see cref="PictureFileInput"/>.</summary>
    public string Text(string name) => (string)_values[name];

    /// <inheritdoc/>
    public override bool Equals(object? obj) =>
        obj is NodeSettings other && _values.Count == other._values.Count
        && _values.All(pair => other._values.TryGetValue(pair.Key, out object? value) && value.Equals(pair.Value));

    /// <inheritdoc/>
    public override int GetHashCode() => _values.Count;

    internal object this[string name] => _values[name];

    internal IReadOnlyDictionary<string, object> Values => _values;

    internal void Set(string name, object value) => _values[name] = value;
}
