using System.Text;
using ComfyStream.WebRtc.Stun;

namespace ComfyStream.WebRtc.Ice;

/// <summary>What one ICE session (RFC 8445 section 9: from restart to restart) signs and names its messages by, in the bytes that they carry.</summary>
internal sealed class IceKeys(IceCredentials local, IceCredentials remote)
{
    private readonly byte[] _receivedUsername = Encoding.UTF8.GetBytes($"{local.UserFragment}:{remote.UserFragment}");

    public byte[] SentUsername { get; } = Encoding.UTF8.GetBytes($"{remote.UserFragment}:{local.UserFragment}");

    public byte[] LocalPassword { get; } = Encoding.UTF8.GetBytes(local.Password);

    public byte[] RemotePassword { get; } = Encoding.UTF8.GetBytes(remote.Password);

    /// <summary>Whether the peer made this request in this session. The name is compared before anything is hashed.</summary>
    public bool Authenticates(in StunMessage request) =>
        request.Username.SequenceEqual(_receivedUsername) && request.VerifyIntegrity(LocalPassword);
}
