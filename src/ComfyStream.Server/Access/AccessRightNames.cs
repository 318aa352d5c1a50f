namespace ComfyStream.Server.Access;

/// <summary>The names of rights as config files, claims and challenges write them.</summary>
public static class AccessRightNames
{
    private static readonly (string Name, AccessRights Right)[] _all =
    [
        ("publish", AccessRights.Publish),
        ("view", AccessRights.View),
        ("raw", AccessRights.Raw),
        ("control", AccessRights.Control),
        ("admin", AccessRights.Admin),
    ];

    /// <summary>All names, for messages.</summary>
    public static string List { get; } = string.Join(", ", _all.Select(entry => entry.Name));

    /// <summary>Reads one name.</summary>
    public static bool TryParse(string name, out AccessRights right)
    {
        right = Array.Find(_all, entry => entry.Name == name).Right;
        return right != AccessRights.None;
    }

    /// <summary>The names of a set, in the order above.</summary>
    public static IReadOnlyList<string> NamesOf(AccessRights rights) =>
        [.. _all.Where(entry => rights.HasFlag(entry.Right)).Select(entry => entry.Name)];

    /// <summary>The rights among names of which others may mean something to somebody else, as scopes do.</summary>
    internal static AccessRights Among(IEnumerable<string> names) =>
        names.Aggregate(AccessRights.None, (rights, name) => TryParse(name, out AccessRights right) ? rights | right : rights);
}
