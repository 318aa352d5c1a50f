using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;

namespace ComfyStream.Workflows.Nodes;

/// <summary>An input of a node class.</summary>
internal abstract record NodeInput(string Name);

/// <summary>An input that comes from another node.</summary>
internal sealed record LinkInput(string Name, LinkType Type, bool IsRequired = true) : NodeInput(Name);

/// <summary>An input that is written in the workflow; the default holds where it is not.</summary>
internal abstract record ValueInput(string Name) : NodeInput(Name)
{
    public abstract object DefaultValue { get; }

    /// <summary>What may be written, as the object of "give".</summary>
    public abstract string Expected { get; }

    public abstract bool TryRead(JsonElement json, [NotNullWhen(true)] out object? value);
}

/// <summary>A number.</summary>
internal sealed record NumberInput(string Name, double Default, double Min, double Max) : ValueInput(Name)
{
    public override object DefaultValue => Default;

    public override string Expected => string.Create(CultureInfo.InvariantCulture, $"a number from {Min} to {Max} (default {Default})");

    public override bool TryRead(JsonElement json, [NotNullWhen(true)] out object? value)
    {
        value = null;
        if (json.ValueKind != JsonValueKind.Number || !json.TryGetDouble(out double number) || !(number >= Min && number <= Max))
            return false;
        value = number;
        return true;
    }
}

/// <summary>A whole number; <paramref name="Step"/> counts from <paramref name="Min"/>.</summary>
internal sealed record IntegerInput(string Name, int Default, int Min, int Max, int Step = 1) : ValueInput(Name)
{
    public override object DefaultValue => Default;

    public override string Expected => Step == 1
        ? $"a whole number from {Min} to {Max} (default {Default})"
        : $"one of {Min}, {Min + Step}, {Min + 2 * Step} ... {Max} (default {Default})";

    public override bool TryRead(JsonElement json, [NotNullWhen(true)] out object? value)
    {
        value = null;
        if (json.ValueKind != JsonValueKind.Number || !json.TryGetDouble(out double number) || !double.IsInteger(number))
            return false;
        if (!(number >= Min && number <= Max) || ((int)number - Min) % Step != 0)
            return false;
        value = (int)number;
        return true;
    }
}

/// <summary>Yes or no.</summary>
internal sealed record BooleanInput(string Name, bool Default) : ValueInput(Name)
{
    public override object DefaultValue => Default;

    public override string Expected => $"true or false (default {(Default ? "true" : "false")})";

    public override bool TryRead(JsonElement json, [NotNullWhen(true)] out object? value)
    {
        value = json.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null };
        return value is not null;
    }
}

/// <summary>One of a few words; the first is the default.</summary>
internal sealed record ChoiceInput(string Name, params string[] Choices) : ValueInput(Name)
{
    public override object DefaultValue => Choices[0];

    public override string Expected => $"one of {string.Join(", ", Choices.Select(choice => $"\"{choice}\""))} (default \"{Choices[0]}\")";

    public override bool TryRead(JsonElement json, [NotNullWhen(true)] out object? value)
    {
        value = json.ValueKind == JsonValueKind.String && Array.IndexOf(Choices, json.GetString()) is var at and >= 0 ? Choices[at] : null;
        return value is not null;
    }
}
