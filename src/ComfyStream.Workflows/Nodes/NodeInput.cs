using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;

namespace ComfyStream.Workflows.Nodes;

/// <summary>An input of a node class. Its kinds are <see cref="LinkInput"/> and those of <see cref="ValueInput"/>.</summary>
/// <param name="Name">As it stands in a workflow.</param>
public abstract record NodeInput(string Name)
{
    /// <summary>What it is for, in one sentence; may be empty.</summary>
    public string Tooltip { get; init; } = "";

    /// <summary>What it takes, for ComfyUI and for links.</summary>
    public abstract LinkType Type { get; }
}

/// <summary>An input that comes from another node.</summary>
public sealed record LinkInput(string Name, LinkType LinkType, bool IsRequired = true) : NodeInput(Name)
{
    /// <summary>Another name that workflows may use for it; read where <see cref="NodeInput.Name"/> is not given.</summary>
    public string? Alias { get; init; }

    /// <inheritdoc/>
    public override LinkType Type => LinkType;
}

/// <summary>
/// An input that is written in the workflow, or linked to a node that knows its result before the first picture; the default holds
/// where neither is.
/// </summary>
public abstract record ValueInput(string Name) : NodeInput(Name)
{
    /// <summary>What holds where nothing is given: an <see cref="int"/>, <see cref="double"/>, <see cref="bool"/> or <see cref="string"/>.</summary>
    public abstract object DefaultValue { get; }

    /// <summary>What may be written, as the object of "give".</summary>
    public abstract string Expected { get; }

    /// <summary>Reads what is written in a workflow.</summary>
    internal bool TryRead(JsonElement json, [NotNullWhen(true)] out object? value)
    {
        value = json.ValueKind switch
        {
            JsonValueKind.Number when json.TryGetDouble(out double number) => number,
            JsonValueKind.String => json.GetString(),
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => null,
        };
        return value is not null && TryConvert(value, out value);
    }

    /// <summary>Takes a value of another node or of a workflow: an <see cref="int"/>, <see cref="double"/>, <see cref="bool"/> or <see cref="string"/>.</summary>
    internal abstract bool TryConvert(object given, [NotNullWhen(true)] out object? value);
}

/// <summary>A number. <paramref name="Step"/> is how far a slider moves; values between are fine.</summary>
public sealed record NumberInput(string Name, double Default, double Min, double Max, double Step = 0.01) : ValueInput(Name)
{
    /// <inheritdoc/>
    public override LinkType Type => LinkType.Float;

    /// <inheritdoc/>
    public override object DefaultValue => Default;

    /// <inheritdoc/>
    public override string Expected => string.Create(CultureInfo.InvariantCulture, $"a number from {Min} to {Max} (default {Default})");

    internal override bool TryConvert(object given, [NotNullWhen(true)] out object? value)
    {
        double? number = given switch { double real => real, int whole => whole, _ => null };
        value = number >= Min && number <= Max ? number : null;
        return value is not null;
    }
}

/// <summary>A whole number; <paramref name="Step"/> counts from <paramref name="Min"/>.</summary>
public sealed record IntegerInput(string Name, int Default, int Min, int Max, int Step = 1) : ValueInput(Name)
{
    /// <inheritdoc/>
    public override LinkType Type => LinkType.Int;

    /// <inheritdoc/>
    public override object DefaultValue => Default;

    /// <inheritdoc/>
    public override string Expected => Step == 1
        ? $"a whole number from {Min} to {Max} (default {Default})"
        : $"one of {Min}, {(long)Min + Step}, {Min + 2L * Step} ... {Max} (default {Default})";

    internal override bool TryConvert(object given, [NotNullWhen(true)] out object? value)
    {
        value = null;
        double? number = given switch { double real => real, int whole => whole, _ => null };
        if (number is not { } found || !double.IsInteger(found) || !(found >= Min && found <= Max) || ((long)found - Min) % Step != 0)
            return false;
        value = (int)found;
        return true;
    }
}

/// <summary>Yes or no.</summary>
public sealed record BooleanInput(string Name, bool Default) : ValueInput(Name)
{
    /// <inheritdoc/>
    public override LinkType Type => LinkType.Boolean;

    /// <inheritdoc/>
    public override object DefaultValue => Default;

    /// <inheritdoc/>
    public override string Expected => $"true or false (default {(Default ? "true" : "false")})";

    internal override bool TryConvert(object given, [NotNullWhen(true)] out object? value)
    {
        value = given as bool?;
        return value is not null;
    }
}

/// <summary>One of a few words; the first is the default, unless <see cref="Default"/> names another.</summary>
public sealed record ChoiceInput(string Name, params string[] Choices) : ValueInput(Name)
{
    /// <summary>The word that holds where none is given.</summary>
    public string Default { get; init; } = Choices[0];

    /// <inheritdoc/>
    public override LinkType Type => LinkType.String;

    /// <inheritdoc/>
    public override object DefaultValue => Default;

    /// <inheritdoc/>
    public override string Expected => $"one of {string.Join(", ", Choices.Select(choice => $"\"{choice}\""))} (default \"{Default}\")";

    internal override bool TryConvert(object given, [NotNullWhen(true)] out object? value)
    {
        value = Choices.FirstOrDefault(choice => choice.Equals(given));
        return value is not null;
    }
}

/// <summary>A text.</summary>
public sealed record TextInput(string Name, string Default = "", bool IsMultiline = false) : ValueInput(Name)
{
    /// <summary>Longer ones are refused.</summary>
    public int MaxLength { get; init; } = 4096;

    /// <inheritdoc/>
    public override LinkType Type => LinkType.String;

    /// <inheritdoc/>
    public override object DefaultValue => Default;

    /// <inheritdoc/>
    public override string Expected => $"a text of at most {MaxLength} characters";

    internal override bool TryConvert(object given, [NotNullWhen(true)] out object? value)
    {
        value = given is string text && text.Length <= MaxLength ? text : null;
        return value is not null;
    }
}

/// <summary>The name of a picture file in the workspace's <c>input</c> folder; read by <see cref="NodeResources.LoadPicture"/>.</summary>
public sealed record PictureFileInput(string Name) : ValueInput(Name)
{
    private const int MaxLength = 200;

    /// <inheritdoc/>
    public override LinkType Type => LinkType.String;

    /// <inheritdoc/>
    public override object DefaultValue => "";

    /// <inheritdoc/>
    public override string Expected => "the name of a PNG or JPEG file in the workspace's input folder, such as \"background.png\" or \"stage/background.png\"";

    internal override bool TryConvert(object given, [NotNullWhen(true)] out object? value)
    {
        value = given is string text && (text.Length == 0 || IsSafe(text)) ? text : null;
        return value is not null;
    }

    /// <summary>Whether a name stays within the folder: no root, no way up, no hidden files.</summary>
    internal static bool IsSafe(string name) =>
        name.Length is > 0 and <= MaxLength && !name.Any(c => char.IsControl(c) || c is '\\' or ':')
        && name.Split('/').All(part => part.Length > 0 && part[0] != '.');
}
