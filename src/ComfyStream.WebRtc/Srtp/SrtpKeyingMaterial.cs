using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using ComfyStream.WebRtc.Dtls;

namespace ComfyStream.WebRtc.Srtp;

/// <summary>
/// What a DTLS handshake leaves for SRTP: the profile, and a master key and salt for each direction, held inline.
/// Its holder calls <see cref="Clear"/> as soon as the contexts are made.
/// </summary>
internal struct SrtpKeyingMaterial
{
    /// <summary>The largest export of any profile.</summary>
    public const int MaxBytes = 2 * (SrtpProfileSizes.MasterKeyBytes + SrtpProfileSizes.MaxMasterSaltBytes);

    private const int KeyBytes = SrtpProfileSizes.MasterKeyBytes;

    private readonly bool _isClient;
    private Storage _exported;

    /// <summary>Takes the exporter's output (RFC 5764 4.2: client key, server key, client salt, server salt) as seen by <paramref name="role"/>.</summary>
    public SrtpKeyingMaterial(SrtpProfile profile, DtlsRole role, ReadOnlySpan<byte> exported)
    {
        if (exported.Length != profile.KeyingMaterialBytes())
            throw new ArgumentException($"{profile} takes {profile.KeyingMaterialBytes()} bytes of keying material, not {exported.Length}.", nameof(exported));
        Profile = profile;
        _isClient = role == DtlsRole.Client;
        exported.CopyTo(_exported);
    }

    public SrtpProfile Profile { get; }

    [UnscopedRef]
    public readonly ReadOnlySpan<byte> SendMasterKey => Key(ofClient: _isClient);

    [UnscopedRef]
    public readonly ReadOnlySpan<byte> SendMasterSalt => Salt(ofClient: _isClient);

    [UnscopedRef]
    public readonly ReadOnlySpan<byte> ReceiveMasterKey => Key(ofClient: !_isClient);

    [UnscopedRef]
    public readonly ReadOnlySpan<byte> ReceiveMasterSalt => Salt(ofClient: !_isClient);

    /// <summary>Wipes the keys of this copy.</summary>
    public void Clear() => CryptographicOperations.ZeroMemory(_exported);

    [UnscopedRef]
    private readonly ReadOnlySpan<byte> Key(bool ofClient) => ((ReadOnlySpan<byte>)_exported).Slice(ofClient ? 0 : KeyBytes, KeyBytes);

    [UnscopedRef]
    private readonly ReadOnlySpan<byte> Salt(bool ofClient)
    {
        var saltBytes = Profile.MasterSaltBytes();
        return ((ReadOnlySpan<byte>)_exported).Slice((2 * KeyBytes) + (ofClient ? 0 : saltBytes), saltBytes);
    }

    [InlineArray(MaxBytes)]
    private struct Storage
    {
        private byte _first;
    }
}
