namespace ComfyStream.Server.Options;

/// <summary>One option of <c>serve</c>: its flag, its manual, and how its text becomes a value.</summary>
/// <param name="Name">Flag without the dashes, <c>media-port</c>; the key in the config file is the same in camel case.</param>
/// <param name="ValueName">What stands for the value in the help, <c>PORT</c>; null for a switch.</param>
/// <param name="IsRepeatable">Whether it may be given several times (a list in the config file).</param>
/// <param name="Description">Meaning, unit, default, what 0 means, risk.</param>
/// <param name="Apply">Puts the values into the options; fails with <see cref="ServeException"/>.</param>
public sealed record ServeSetting(
    string Name,
    string? ValueName,
    bool IsRepeatable,
    string Description,
    Func<ServeOptions, IReadOnlyList<string>, ServeOptions> Apply)
{
    /// <summary>Key in the config file.</summary>
    public string Key { get; } = string.Concat(Name.Split('-').Select((word, index) => index == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..]));

    /// <summary>Whether it is on or off and takes no value.</summary>
    public bool IsSwitch => ValueName is null;
}
