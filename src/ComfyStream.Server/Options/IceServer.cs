using System.Diagnostics.CodeAnalysis;

namespace ComfyStream.Server.Options;

/// <summary>A STUN or TURN server that clients are told of.</summary>
/// <param name="Uri">As RFC 7064 and 7065 write it: <c>stun:host:port</c>, <c>turn:host:port?transport=udp</c>.</param>
/// <param name="UserName">TURN user name, else null.</param>
/// <param name="Credential">TURN password, else null.</param>
public sealed record IceServer(string Uri, string? UserName, string? Credential)
{
    private static readonly string[] _schemes = ["stun:", "stuns:", "turn:", "turns:"];

    /// <summary>Makes credentials that expire, for a TURN server without fixed ones; null: that of <see cref="ServeOptions.TurnSecret"/>.</summary>
    public SharedSecret? Secret { get; init; }

    /// <summary>Whether clients need credentials that are made for them.</summary>
    public bool NeedsSecret => UserName is null && Uri.StartsWith("turn", StringComparison.Ordinal);

    /// <summary>The public server that is announced unless another is named.</summary>
    public static IceServer Default { get; } = new("stun:stun.l.google.com:19302", null, null);

    /// <summary>The address alone: a password is for clients only.</summary>
    public override string ToString() => Uri;

    /// <summary>Reads <c>stun:host:port</c>, <c>turn:host:port?transport=udp</c> or the latter with <c>user:password@</c> before the host.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out IceServer? server, out string problem)
    {
        server = null;
        problem = "";
        string? scheme = Array.Find(_schemes, candidate => text.StartsWith(candidate, StringComparison.OrdinalIgnoreCase));
        if (scheme is null)
            return Fail($"'{text[(text.LastIndexOf('@') + 1)..]}' is no ICE server: write stun:host:port, turn:host:port?transport=udp, turn:user:password@host:port?transport=udp, or none.", out problem);

        string rest = text[scheme.Length..];
        int at = rest.LastIndexOf('@');
        string address = rest[(at + 1)..];
        if (!IsAddress(address))
            return Fail($"'{scheme}{address}' names no host: write {scheme}host:port.", out problem);
        if (!scheme.StartsWith("turn", StringComparison.Ordinal))
        {
            if (at >= 0)
                return Fail($"{scheme}{address} takes no user and password; only turn: does.", out problem);
            server = new IceServer(scheme + address, null, null);
            return true;
        }

        if (at < 0)
        {
            server = new IceServer(scheme + address, null, null);
            return true;
        }

        int colon = rest.IndexOf(':', 0, at);
        if (colon <= 0 || colon == at - 1)
            return Fail($"{scheme}{address} has a user without a password: write {scheme}user:password@{address}, or {scheme}{address} with a shared secret.", out problem);
        string user = System.Uri.UnescapeDataString(rest[..colon]);
        string password = System.Uri.UnescapeDataString(rest[(colon + 1)..at]);
        if (!IsHeaderText(user) || !IsHeaderText(password))
            return Fail($"User and password of {scheme}{address} must be printable ASCII: they travel in an HTTP header.", out problem);
        server = new IceServer(scheme + address, user, password);
        return true;
    }

    private static bool Fail(string text, out string problem)
    {
        problem = text;
        return false;
    }

    private static bool IsAddress(string text) =>
        text.Length > 0 && text[0] != ':' && text[0] != '?' && text.All(c => char.IsAsciiLetterOrDigit(c) || "-._~:[]?=/%".Contains(c, StringComparison.Ordinal));

    private static bool IsHeaderText(string text) => text.All(c => c is >= ' ' and <= '~');
}
