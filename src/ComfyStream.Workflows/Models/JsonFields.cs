using System.Globalization;
using System.Text.Json;

namespace ComfyStream.Workflows.Models;

/// <summary>The fields of one JSON object, each read once; tells those that are missing, wrong, or known to nobody.</summary>
internal sealed class JsonFields
{
    private readonly Dictionary<string, JsonElement> _unread = [];
    private readonly string _prefix;
    private readonly Action<string, string> _tell;

    /// <param name="json">The object.</param>
    /// <param name="path">Where it stands, as <c>output[1]</c>; empty for the outermost.</param>
    /// <param name="tell">Takes a field and what is wrong with it.</param>
    public JsonFields(JsonElement json, string path, Action<string, string> tell)
    {
        (_prefix, _tell) = (path.Length == 0 ? "" : path + ".", tell);
        foreach (JsonProperty property in json.EnumerateObject())
        {
            if (!_unread.TryAdd(property.Name, property.Value))
                Tell(property.Name, "stands there twice");
        }
    }

    public void Tell(string name, string problem) => _tell(_prefix + name, problem);

    public bool Has(string name) => _unread.ContainsKey(name);

    /// <summary>To be called when all fields were read: what is left is not known.</summary>
    public void End()
    {
        foreach (string name in _unread.Keys.Order(StringComparer.Ordinal))
            Tell(name, "is not known");
    }

    /// <summary>Empty where it is missing.</summary>
    public string Text(string name, bool isRequired = false)
    {
        if (!TryTake(name, isRequired, out JsonElement json))
            return "";
        if (json.ValueKind == JsonValueKind.String && json.GetString() is { Length: > 0 } text)
            return text;
        Tell(name, "must be a text");
        return "";
    }

    /// <summary>A list of texts, or one by itself.</summary>
    public IReadOnlyList<string> Texts(string name)
    {
        if (!TryTake(name, isRequired: false, out JsonElement json))
            return [];
        if (json.ValueKind == JsonValueKind.String)
            return [json.GetString()!];
        if (json.ValueKind == JsonValueKind.Array && json.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String))
            return [.. json.EnumerateArray().Select(item => item.GetString()!)];
        Tell(name, "must be a list of texts");
        return [];
    }

    public bool Truth(string name)
    {
        if (!TryTake(name, isRequired: false, out JsonElement json))
            return false;
        if (json.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            Tell(name, "must be true or false");
        return json.ValueKind == JsonValueKind.True;
    }

    public double Number(string name, double usual, double min, double max, bool isWhole = false)
    {
        if (!TryTake(name, isRequired: false, out JsonElement json))
            return usual;
        if (TryNumber(json, min, max, isWhole, out double number))
            return number;
        Tell(name, $"must be {Kind(isWhole)} {Bounds(min, max)}");
        return usual;
    }

    /// <summary>A list of numbers, or one by itself where any length will do (-1); empty where it is missing or wrong.</summary>
    public double[] Numbers(string name, int length, double min, double max, bool isWhole = false, bool isRequired = false)
    {
        if (!TryTake(name, isRequired, out JsonElement json))
            return [];
        JsonElement[] items = json.ValueKind == JsonValueKind.Array ? [.. json.EnumerateArray()] : [json];
        double[] numbers = [.. items.Select(item => TryNumber(item, min, max, isWhole, out double number) ? number : double.NaN)];
        if (numbers.Length > 0 && (length < 0 || numbers.Length == length) && !numbers.Any(double.IsNaN))
            return numbers;
        Tell(name, $"must be a list of {(length < 0 ? "numbers" : $"{length} numbers")}{(isWhole ? ", whole," : "")} {Bounds(min, max)}");
        return [];
    }

    /// <summary>The first is the default.</summary>
    public T Choice<T>(string name, params (string Word, T Value)[] choices) => Choice(name, isRequired: false, choices);

    public T Choice<T>(string name, bool isRequired, params (string Word, T Value)[] choices)
    {
        if (!TryTake(name, isRequired, out JsonElement json))
            return choices[0].Value;
        foreach ((string word, T value) in choices)
        {
            if (json.ValueKind == JsonValueKind.String && json.ValueEquals(word))
                return value;
        }

        Tell(name, $"must be one of {string.Join(", ", choices.Select(choice => choice.Word))}");
        return choices[0].Value;
    }

    /// <summary>Null, and told, where it is missing.</summary>
    public JsonFields? Object(string name)
    {
        if (!TryTake(name, isRequired: true, out JsonElement json))
            return null;
        if (json.ValueKind == JsonValueKind.Object)
            return new JsonFields(json, _prefix + name, _tell);
        Tell(name, "must be an object");
        return null;
    }

    /// <summary>A list of objects, or one by itself.</summary>
    public IReadOnlyList<JsonFields> Objects(string name, bool isRequired = false)
    {
        if (!TryTake(name, isRequired, out JsonElement json))
            return [];
        if (json.ValueKind == JsonValueKind.Object)
            return [new JsonFields(json, _prefix + name, _tell)];
        if (json.ValueKind == JsonValueKind.Array && json.GetArrayLength() > 0 && json.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Object))
            return [.. json.EnumerateArray().Select((item, i) => new JsonFields(item, $"{_prefix}{name}[{i}]", _tell))];
        Tell(name, "must be an object or a list of them");
        return [];
    }

    private static bool TryNumber(JsonElement json, double min, double max, bool isWhole, out double number)
    {
        number = double.NaN;
        return json.ValueKind == JsonValueKind.Number && json.TryGetDouble(out number) && number >= min && number <= max && (!isWhole || double.IsInteger(number));
    }

    private static string Kind(bool isWhole) => isWhole ? "a whole number" : "a number";

    private static string Bounds(double min, double max) => string.Create(CultureInfo.InvariantCulture, $"from {min} to {max}");

    private bool TryTake(string name, bool isRequired, out JsonElement json)
    {
        if (_unread.Remove(name, out json))
            return true;
        if (isRequired)
            Tell(name, "is missing");
        return false;
    }
}
