using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ComfyStream.WebRtc.Dtls.Interop;

namespace ComfyStream.WebRtc.Dtls;

/// <summary>
/// Compares the peer's certificate with the fingerprints of its SDP (RFC 8122 5, RFC 5763 5), which takes the place of a certificate chain.
/// It happens within the handshake, so that a wrong certificate is answered with a fatal alert and no key is ever made from it.
/// </summary>
internal unsafe struct PeerCertificateCheck
{
    private const int MaxFingerprints = 8;
    private const int MaxHashBytes = 64;

    private Fingerprints _expected;
    private int _expectedCount;
    private Hash _sha256;

    /// <summary>Whether a certificate was shown and its fingerprint was one of those expected.</summary>
    public bool IsMatched { get; private set; }

    /// <summary>Whether a certificate was shown whose fingerprint was not.</summary>
    public bool IsMismatched { get; private set; }

    /// <summary>The SHA-256 fingerprint of the certificate shown.</summary>
    public readonly Fingerprint Shown => new("sha-256", _sha256.Bytes(SHA256.HashSizeInBytes).ToArray());

    /// <summary>
    /// Adds a fingerprint of which one has to match. Hashes that do not bind a certificate any more (SHA-1, MD5), unknown ones and more
    /// than eight are left out, as if the SDP did not have them.
    /// </summary>
    public void Expect(Fingerprint fingerprint)
    {
        var hashBytes = fingerprint.Algorithm.ToLowerInvariant() switch
        {
            "sha-256" => SHA256.HashSizeInBytes,
            "sha-384" => SHA384.HashSizeInBytes,
            "sha-512" => SHA512.HashSizeInBytes,
            _ => 0,
        };
        if (hashBytes == 0 || fingerprint.Hash.Length != hashBytes || _expectedCount == MaxFingerprints)
            return;
        ref var expected = ref _expected[_expectedCount++];
        expected.ByteCount = hashBytes;
        fingerprint.Hash.CopyTo(expected.Bytes(hashBytes));
    }

    /// <summary>libssl's certificate verification: 1 accepts, 0 refuses with the alert that belongs to the error set.</summary>
    [UnmanagedCallersOnly]
    public static int Verify(nint store, nint argument)
    {
        var ssl = OpenSsl.X509_STORE_CTX_get_ex_data(store, OpenSsl.SSL_get_ex_data_X509_STORE_CTX_idx());
        ref var check = ref DatagramBio.StateOf(OpenSsl.SSL_get_rbio(ssl))->PeerCertificate;
        var isMatch = check.Matches(OpenSsl.X509_STORE_CTX_get0_cert(store));
        check.IsMatched = isMatch;
        check.IsMismatched = !isMatch;
        OpenSsl.X509_STORE_CTX_set_error(store, isMatch ? OpenSsl.X509_V_OK : OpenSsl.X509_V_ERR_CERT_REJECTED);
        return isMatch ? 1 : 0;
    }

    private bool Matches(nint certificate)
    {
        if (certificate == 0 || !TryHash(certificate, SHA256.HashSizeInBytes, ref _sha256))
            return false;
        for (var i = 0; i < _expectedCount; i++)
        {
            ref var expected = ref _expected[i];
            Hash actual = default;
            if (TryHash(certificate, expected.ByteCount, ref actual)
                && CryptographicOperations.FixedTimeEquals(actual.Bytes(expected.ByteCount), expected.Bytes(expected.ByteCount)))
            {
                return true;
            }
        }
        return false;
    }

    private static bool TryHash(nint certificate, int hashBytes, ref Hash hash)
    {
        var algorithm = hashBytes switch
        {
            SHA256.HashSizeInBytes => OpenSsl.EVP_sha256(),
            SHA384.HashSizeInBytes => OpenSsl.EVP_sha384(),
            _ => OpenSsl.EVP_sha512(),
        };
        var written = (uint)MaxHashBytes;
        fixed (byte* start = hash.Bytes(MaxHashBytes))
            return OpenSsl.X509_digest(certificate, algorithm, start, &written) == 1 && written == hashBytes;
    }

    private struct Hash
    {
        public int ByteCount;
        private Storage _bytes;

        [System.Diagnostics.CodeAnalysis.UnscopedRef]
        public Span<byte> Bytes(int byteCount) => ((Span<byte>)_bytes)[..byteCount];

        [InlineArray(MaxHashBytes)]
        private struct Storage
        {
            private byte _first;
        }
    }

    [InlineArray(MaxFingerprints)]
    private struct Fingerprints
    {
        private Hash _first;
    }
}
