using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using ComfyStream.WebRtc.Dtls.Interop;
using ComfyStream.WebRtc.Srtp.Ciphers;

namespace ComfyStream.WebRtc.Dtls;

/// <summary>
/// What is left of an association once its handshake is over and its keys are taken: the last flight, which a client that lacks it asks for
/// again; the keys of the peer's records, because it may end the association; and our close_notify, which libssl wrote while its session
/// was there. Some 500 bytes instead of 65 KB.
/// </summary>
/// <remarks>
/// The flight is repeated to the byte. libssl would number its records anew; but a client that asks has not seen these numbers, and one that
/// has takes them for replays. Of what comes, only alerts mean anything: one that ends an association does so once, so no replay of it matters.
/// </remarks>
internal sealed unsafe class SettledAssociation : IDisposable
{
    private const int HeaderBytes = 13;
    private const int AlertBytes = 2;
    private const int TagBytes = 16;
    private const byte AlertType = 21;
    private const byte HandshakeType = 22;
    private const ushort Epoch = 1;
    private const byte CloseNotifyDescription = 0;
    private const byte Fatal = 2;

    /// <summary>A forged alert costs an exception. After so many the peer's end is noticed by its silence.</summary>
    private const int MaxForgedAlerts = 1000;

    /// <summary>A client that waits 50 ms at first and doubles that asks ten times in a minute.</summary>
    private const int MaxRepeats = 100;

    private static int s_livingCount;

    private readonly RecordCipher _cipher;
    private readonly KeyMemory _keys;
    private readonly byte[][] _lastFlight;
    private readonly byte[] _closeNotify;
    private int _flightCursor;
    private bool _isCloseNotifyDue;
    private int _repeats;
    private int _forgedAlerts;

    private SettledAssociation(RecordCipher cipher, KeyMemory keys, byte[][] lastFlight, byte[] closeNotify)
    {
        _cipher = cipher;
        _keys = keys;
        _lastFlight = lastFlight;
        _closeNotify = closeNotify;
        Interlocked.Increment(ref s_livingCount);
    }

    /// <summary>Those of the process that were not disposed yet (any thread): where a leak shows.</summary>
    public static int LivingCount => Volatile.Read(ref s_livingCount);

    /// <summary>Incoming records that were dropped unread.</summary>
    public long DroppedRecords { get; private set; }

    private ReadOnlySpan<byte> Key => new(_keys.Start, _cipher.KeyBytes);

    private ReadOnlySpan<byte> Salt => new(_keys.Start + _cipher.KeyBytes, _cipher.SaltBytes);

    /// <summary>Takes what is needed out of a connected session, which can only be freed then. False for a cipher suite that is unknown here.</summary>
    public static bool TryCreate(SslHandle ssl, DtlsRole role, [NotNullWhen(true)] out SettledAssociation? association)
    {
        association = null;
        if (!RecordCipher.TryFind(OpenSsl.SSL_CIPHER_get_protocol_id(OpenSsl.SSL_get_current_cipher(ssl)), out var cipher))
            return false;

        var lastFlight = TakeOutgoing(ssl.State);
        OpenSsl.ERR_clear_error();
        _ = OpenSsl.SSL_shutdown(ssl);
        OpenSsl.ERR_clear_error();
        var closeNotify = TakeOutgoing(ssl.State);

        var keys = new KeyMemory(cipher.KeyBytes + cipher.SaltBytes);
        DeriveReadKeys(ssl, role, cipher, new Span<byte>(keys.Start, cipher.KeyBytes + cipher.SaltBytes));
        association = new SettledAssociation(cipher, keys, lastFlight, closeNotify is [var datagram] ? datagram : [])
        {
            DroppedRecords = ssl.State->DroppedRecords,
        };
        return true;
    }

    /// <summary>Takes the next datagram to send.</summary>
    public bool TryGetDatagram(Span<byte> destination, out int byteCount)
    {
        ReadOnlySpan<byte> next = [];
        if (_flightCursor < _lastFlight.Length)
        {
            next = _lastFlight[_flightCursor++];
        }
        else if (_isCloseNotifyDue)
        {
            next = _closeNotify;
            _isCloseNotifyDue = false;
        }
        next.CopyTo(destination);
        byteCount = next.Length;
        return byteCount > 0;
    }

    /// <summary>Puts our close_notify out.</summary>
    public void SendCloseNotify() => _isCloseNotifyDue = true;

    /// <summary>True if an alert in it ends the association. A last flight of a peer that lacks ours is answered.</summary>
    public bool HandleDatagram(ReadOnlySpan<byte> datagram, out bool isCloseNotify, out byte description)
    {
        (isCloseNotify, description) = (false, 0);
        while (!datagram.IsEmpty)
        {
            var recordBytes = datagram.Length < HeaderBytes ? int.MaxValue : HeaderBytes + BinaryPrimitives.ReadUInt16BigEndian(datagram[11..]);
            if (recordBytes > datagram.Length)
            {
                DroppedRecords++;
                return false;
            }
            if (TryReadAlert(datagram[..recordBytes], out var level, out description))
            {
                isCloseNotify = description == CloseNotifyDescription;
                if (isCloseNotify || level == Fatal)
                    return true;
            }
            else
            {
                RepeatLastFlight(datagram);
            }
            datagram = datagram[recordBytes..];
        }
        return false;
    }

    /// <summary>Wipes the keys. Called once.</summary>
    public void Dispose()
    {
        _keys.Dispose();
        Interlocked.Decrement(ref s_livingCount);
    }

    // A handshake record of the protected epoch is the peer's Finished, once in each of its last flights.
    private void RepeatLastFlight(ReadOnlySpan<byte> record)
    {
        if (record[0] == HandshakeType && BinaryPrimitives.ReadUInt16BigEndian(record[3..]) == Epoch && _repeats < MaxRepeats)
        {
            _repeats++;
            _flightCursor = 0;
        }
        else
        {
            DroppedRecords++;
        }
    }

    private static byte[][] TakeOutgoing(DatagramBioState* state)
    {
        Span<byte> buffer = stackalloc byte[DtlsTransport.MaxDatagramBytes];
        var datagrams = new List<byte[]>(1);
        while (state->Outgoing.TryDequeue(buffer, out var byteCount))
            datagrams.Add(buffer[..byteCount].ToArray());
        return [.. datagrams];
    }

    private bool TryReadAlert(ReadOnlySpan<byte> record, out byte level, out byte description)
    {
        (level, description) = (0, 0);
        var sequence = record[3..11]; // epoch (2) and sequence number (6)
        if (record[0] != AlertType
            || BinaryPrimitives.ReadUInt16BigEndian(record[1..]) != OpenSsl.DTLS1_2_VERSION
            || BinaryPrimitives.ReadUInt16BigEndian(sequence) != Epoch
            || record.Length != HeaderBytes + _cipher.ExplicitNonceBytes + AlertBytes + TagBytes
            || _forgedAlerts == MaxForgedAlerts)
        {
            return false;
        }

        // RFC 5246 6.2.3.3: epoch and sequence number, type, version, length of the plaintext.
        Span<byte> associatedData = [.. sequence, .. record[..3], 0, AlertBytes];
        Span<byte> nonce = stackalloc byte[RecordCipher.NonceBytes];
        _cipher.WriteNonce(Salt, sequence, record[HeaderBytes..], nonce);
        var sealedAlert = record[(HeaderBytes + _cipher.ExplicitNonceBytes)..];
        Span<byte> alert = stackalloc byte[AlertBytes];
        if (!_cipher.TryOpen(Key, nonce, sealedAlert[..AlertBytes], sealedAlert[AlertBytes..], alert, associatedData))
        {
            _forgedAlerts++;
            return false;
        }
        (level, description) = (alert[0], alert[1]);
        return true;
    }

    /// <summary>RFC 5246 6.3 for suites without MAC keys: client key, server key, client salt, server salt.</summary>
    private static void DeriveReadKeys(SslHandle ssl, DtlsRole role, RecordCipher cipher, Span<byte> keys)
    {
        const int MasterSecretBytes = 48;
        const int RandomBytes = 32;
        var label = "key expansion"u8;
        Span<byte> masterSecret = stackalloc byte[MasterSecretBytes];
        Span<byte> seed = stackalloc byte[label.Length + (2 * RandomBytes)];
        label.CopyTo(seed);
        fixed (byte* secretStart = masterSecret, seedStart = seed)
        {
            _ = OpenSsl.SSL_SESSION_get_master_key(OpenSsl.SSL_get_session(ssl), secretStart, MasterSecretBytes);
            _ = OpenSsl.SSL_get_server_random(ssl, seedStart + label.Length, RandomBytes);
            _ = OpenSsl.SSL_get_client_random(ssl, seedStart + label.Length + RandomBytes, RandomBytes);
        }

        Span<byte> block = stackalloc byte[2 * (cipher.KeyBytes + cipher.SaltBytes)];
        Expand(cipher.Hash, masterSecret, seed, block);
        var peer = role == DtlsRole.Server ? 0 : 1;
        block.Slice(peer * cipher.KeyBytes, cipher.KeyBytes).CopyTo(keys);
        block.Slice((2 * cipher.KeyBytes) + (peer * cipher.SaltBytes), cipher.SaltBytes).CopyTo(keys[cipher.KeyBytes..]);
        CryptographicOperations.ZeroMemory(masterSecret);
        CryptographicOperations.ZeroMemory(block);
    }

    /// <summary>P_hash of RFC 5246 5.</summary>
    private static void Expand(HashAlgorithmName hash, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> seed, Span<byte> destination)
    {
        Span<byte> message = stackalloc byte[SHA384.HashSizeInBytes + seed.Length]; // A(i) and the seed
        Span<byte> output = stackalloc byte[SHA384.HashSizeInBytes];
        var hashBytes = CryptographicOperations.HmacData(hash, secret, seed, message);
        message = message[..(hashBytes + seed.Length)];
        while (!destination.IsEmpty)
        {
            seed.CopyTo(message[hashBytes..]);
            CryptographicOperations.HmacData(hash, secret, message, output);
            var taken = Math.Min(hashBytes, destination.Length);
            output[..taken].CopyTo(destination);
            destination = destination[taken..];
            CryptographicOperations.HmacData(hash, secret, message[..hashBytes], output);
            output[..hashBytes].CopyTo(message);
        }
        CryptographicOperations.ZeroMemory(output);
    }
}
