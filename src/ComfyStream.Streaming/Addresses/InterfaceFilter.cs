namespace ComfyStream.Streaming.Addresses;

/// <summary>
/// Which interfaces' addresses are announced: <c>eth0</c> and <c>wlan*</c> take, <c>!tun0</c> leaves out. Without one that takes, all
/// are taken but those of containers and virtual machines, which nobody outside of this machine reaches.
/// </summary>
public sealed class InterfaceFilter
{
    private static readonly string[] _ofContainers =
    [
        "docker*", "br-*", "veth*", "podman*", "cni*", "flannel*", "cali*", "cilium*", "lxcbr*", "lxdbr*", "incusbr*", "virbr*", "vmnet*", "vboxnet*", "kube-*", "nodelocaldns",
    ];

    private readonly string[] _taken;
    private readonly string[] _leftOut;

    /// <summary>Takes every interface but those of containers.</summary>
    public InterfaceFilter()
        : this([])
    {
    }

    /// <param name="patterns">Names in which * stands for anything; with ! before it one is left out.</param>
    public InterfaceFilter(IReadOnlyList<string> patterns)
    {
        _taken = [.. patterns.Where(pattern => !pattern.StartsWith('!'))];
        _leftOut = [.. patterns.Where(pattern => pattern.StartsWith('!')).Select(pattern => pattern[1..])];
        Text = string.Join(", ", patterns);
    }

    /// <summary>The patterns, for messages; "" for the default.</summary>
    public string Text { get; }

    /// <summary>Whether the addresses of an interface are announced.</summary>
    public bool Takes(string name) => !Matches(_leftOut, name) && (_taken.Length > 0 ? Matches(_taken, name) : !Matches(_ofContainers, name));

    /// <summary>Whether an interface is asked for, so that its loopback address is meant too.</summary>
    internal bool Names(string name) => _taken.Length > 0 && Takes(name);

    /// <summary>Whether a text can be a pattern: names of interfaces have at most 15 characters, none of them a space or a slash.</summary>
    public static bool IsPattern(string text)
    {
        string name = text.StartsWith('!') ? text[1..] : text;
        return name.Length is > 0 and <= 15 && !name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c is '/' or '!' or ',');
    }

    private static bool Matches(string[] patterns, string name) =>
        Array.Exists(patterns, pattern => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false));
}
