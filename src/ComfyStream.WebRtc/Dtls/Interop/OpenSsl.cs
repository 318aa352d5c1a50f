using System.Runtime.InteropServices;

namespace ComfyStream.WebRtc.Dtls.Interop;

/// <summary>
/// The door to OpenSSL 3 (libssl.so.3, libcrypto.so.3): only what DTLS-SRTP needs, under OpenSSL's own names. Errors are queued per OS
/// thread: call <see cref="ERR_clear_error"/> before and <see cref="TakeErrorText"/> after, on one thread. Never call clean-up functions:
/// the runtime's own cryptography lives in the same library.
/// </summary>
internal static unsafe partial class OpenSsl
{
    public const int SSL_ERROR_SSL = 1;
    public const int SSL_ERROR_WANT_READ = 2;
    public const int SSL_ERROR_WANT_WRITE = 3;
    public const int SSL_ERROR_ZERO_RETURN = 6;

    public const int SSL_CTRL_SET_MTU = 17;
    public const int SSL_CTRL_SET_SESS_CACHE_MODE = 44;
    public const int SSL_CTRL_SET_MAX_CERT_LIST = 51;
    public const int SSL_CTRL_SET_MAX_SEND_FRAGMENT = 52;
    public const int DTLS_CTRL_GET_TIMEOUT = 73;
    public const int DTLS_CTRL_HANDLE_TIMEOUT = 74;
    public const int SSL_CTRL_SET_GROUPS_LIST = 92;
    public const int SSL_CTRL_SET_SIGALGS_LIST = 98;
    public const int SSL_CTRL_SET_MIN_PROTO_VERSION = 123;
    public const int SSL_CTRL_SET_MAX_PROTO_VERSION = 124;

    public const int DTLS1_2_VERSION = 0xFEFD;
    public const int SSL_SESS_CACHE_OFF = 0;
    public const int SSL_VERIFY_PEER = 1;
    public const int SSL_VERIFY_FAIL_IF_NO_PEER_CERT = 2;
    public const ulong SSL_OP_NO_QUERY_MTU = 1UL << 12;
    public const ulong SSL_OP_NO_TICKET = 1UL << 14;
    public const ulong SSL_OP_CIPHER_SERVER_PREFERENCE = 1UL << 22;
    public const ulong SSL_OP_NO_RENEGOTIATION = 1UL << 30;
    public const ulong OPENSSL_INIT_NO_ATEXIT = 0x00080000;

    public const int BIO_FLAGS_READ = 1;
    public const int BIO_FLAGS_SHOULD_RETRY = 8;
    public const int BIO_FLAGS_ALL = 15;
    public const int BIO_TYPE_SOURCE_SINK = 0x0400;
    public const int BIO_CTRL_FLUSH = 11;
    public const int BIO_CTRL_DGRAM_QUERY_MTU = 40;
    public const int BIO_CTRL_DGRAM_GET_MTU = 41;
    public const int BIO_CTRL_DGRAM_SET_MTU = 42;
    public const int BIO_CTRL_DGRAM_GET_MTU_OVERHEAD = 49;

    public const int X509_V_OK = 0;
    public const int X509_V_ERR_CERT_REJECTED = 28;

    private const string Ssl = "libssl.so.3";
    private const string Crypto = "libcrypto.so.3";
    private const int ErrorTextBytes = 256;

    /// <summary>Takes all queued errors of this thread and returns the first one in OpenSSL's words, the cause; empty if there is none.</summary>
    public static string TakeErrorText()
    {
        var first = ERR_get_error();
        if (first == 0)
            return "";
        ERR_clear_error();
        var text = stackalloc byte[ErrorTextBytes];
        ERR_error_string_n(first, text, ErrorTextBytes);
        return Marshal.PtrToStringUTF8((nint)text)!;
    }

    [LibraryImport(Ssl)]
    public static partial int OPENSSL_init_ssl(ulong options, nint settings);

    [LibraryImport(Ssl)]
    public static partial nint DTLS_method();

    [LibraryImport(Ssl)]
    public static partial SslContextHandle SSL_CTX_new_ex(nint library, nint properties, nint method);

    [LibraryImport(Ssl)]
    public static partial int SSL_CTX_up_ref(SslContextHandle context);

    [LibraryImport(Ssl)]
    public static partial void SSL_CTX_free(nint context);

    [LibraryImport(Ssl)]
    public static partial int SSL_CTX_use_certificate(SslContextHandle context, nint certificate);

    [LibraryImport(Ssl)]
    public static partial int SSL_CTX_use_PrivateKey(SslContextHandle context, nint key);

    [LibraryImport(Ssl, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SSL_CTX_set_cipher_list(SslContextHandle context, string list);

    /// <summary>Unlike its neighbours this returns 0 for success.</summary>
    [LibraryImport(Ssl, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SSL_CTX_set_tlsext_use_srtp(SslContextHandle context, string profiles);

    [LibraryImport(Ssl)]
    public static partial ulong SSL_CTX_set_options(SslContextHandle context, ulong options);

    [LibraryImport(Ssl)]
    public static partial nint SSL_CTX_ctrl(SslContextHandle context, int command, nint number, nint pointer);

    [LibraryImport(Ssl, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint SSL_CTX_ctrl(SslContextHandle context, int command, nint number, string text);

    [LibraryImport(Ssl)]
    public static partial void SSL_CTX_set_verify(SslContextHandle context, int mode, nint callback);

    [LibraryImport(Ssl)]
    public static partial void SSL_CTX_set_cert_verify_callback(SslContextHandle context, delegate* unmanaged<nint, nint, int> callback, nint argument);

    [LibraryImport(Ssl)]
    public static partial nint SSL_new(SslContextHandle context);

    [LibraryImport(Ssl)]
    public static partial void SSL_free(nint ssl);

    /// <summary>Takes one reference when both are the same.</summary>
    [LibraryImport(Ssl)]
    public static partial void SSL_set_bio(nint ssl, nint readBio, nint writeBio);

    [LibraryImport(Ssl)]
    public static partial nint SSL_get_rbio(nint ssl);

    [LibraryImport(Ssl)]
    public static partial void SSL_set_accept_state(SslHandle ssl);

    [LibraryImport(Ssl)]
    public static partial void SSL_set_connect_state(SslHandle ssl);

    [LibraryImport(Ssl)]
    public static partial int SSL_do_handshake(SslHandle ssl);

    [LibraryImport(Ssl)]
    public static partial int SSL_read(SslHandle ssl, byte* buffer, int byteCount);

    [LibraryImport(Ssl)]
    public static partial int SSL_shutdown(SslHandle ssl);

    [LibraryImport(Ssl)]
    public static partial int SSL_get_error(SslHandle ssl, int result);

    [LibraryImport(Ssl)]
    public static partial nint SSL_ctrl(SslHandle ssl, int command, nint number, void* pointer);

    [LibraryImport(Ssl)]
    public static partial SrtpProtectionProfile* SSL_get_selected_srtp_profile(SslHandle ssl);

    [LibraryImport(Ssl)]
    public static partial int SSL_export_keying_material(
        SslHandle ssl, byte* output, nuint outputBytes, byte* label, nuint labelBytes, byte* context, nuint contextBytes, int useContext);

    [LibraryImport(Ssl)]
    public static partial nint SSL_get_current_cipher(SslHandle ssl);

    /// <summary>The IANA number.</summary>
    [LibraryImport(Ssl)]
    public static partial ushort SSL_CIPHER_get_protocol_id(nint cipher);

    /// <summary>The session, which stays the SSL's.</summary>
    [LibraryImport(Ssl)]
    public static partial nint SSL_get_session(SslHandle ssl);

    [LibraryImport(Ssl)]
    public static partial nuint SSL_SESSION_get_master_key(nint session, byte* output, nuint outputBytes);

    [LibraryImport(Ssl)]
    public static partial nuint SSL_get_client_random(SslHandle ssl, byte* output, nuint outputBytes);

    [LibraryImport(Ssl)]
    public static partial nuint SSL_get_server_random(SslHandle ssl, byte* output, nuint outputBytes);

    [LibraryImport(Ssl)]
    public static partial void DTLS_set_timer_cb(SslHandle ssl, delegate* unmanaged<nint, uint, uint> callback);

    [LibraryImport(Ssl)]
    public static partial int SSL_get_ex_data_X509_STORE_CTX_idx();

    [LibraryImport(Crypto)]
    public static partial nint X509_STORE_CTX_get_ex_data(nint store, int index);

    [LibraryImport(Crypto)]
    public static partial nint X509_STORE_CTX_get0_cert(nint store);

    [LibraryImport(Crypto)]
    public static partial void X509_STORE_CTX_set_error(nint store, int error);

    [LibraryImport(Crypto)]
    public static partial int X509_digest(nint certificate, nint algorithm, byte* digest, uint* digestBytes);

    [LibraryImport(Crypto)]
    public static partial nint EVP_sha256();

    [LibraryImport(Crypto)]
    public static partial nint EVP_sha384();

    [LibraryImport(Crypto)]
    public static partial nint EVP_sha512();

    [LibraryImport(Crypto)]
    public static partial nint d2i_X509(nint reuse, byte** data, nint byteCount);

    [LibraryImport(Crypto)]
    public static partial void X509_free(nint certificate);

    [LibraryImport(Crypto)]
    public static partial nint d2i_AutoPrivateKey(nint reuse, byte** data, nint byteCount);

    [LibraryImport(Crypto)]
    public static partial void EVP_PKEY_free(nint key);

    [LibraryImport(Crypto)]
    public static partial nint OpenSSL_version_num();

    [LibraryImport(Crypto)]
    public static partial nint OSSL_LIB_CTX_new();

    [LibraryImport(Crypto, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint OSSL_PROVIDER_load(nint library, string name);

    [LibraryImport(Crypto, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int OSSL_PROVIDER_add_builtin(
        nint library, string name, delegate* unmanaged<nint, nint, DtlsLibraryContext.Dispatch**, nint*, int> begin);

    [LibraryImport(Crypto)]
    public static partial nint OSSL_PROVIDER_get0_provider_ctx(nint provider);

    [LibraryImport(Crypto)]
    public static partial DtlsLibraryContext.Algorithm* OSSL_PROVIDER_query_operation(nint provider, int operation, int* noCache);

    [LibraryImport(Crypto)]
    public static partial int OSSL_PROVIDER_get_capabilities(nint provider, byte* capability, nint callback, nint argument);

    [LibraryImport(Crypto)]
    public static partial void ERR_clear_error();

    [LibraryImport(Crypto)]
    public static partial int BIO_get_new_index();

    [LibraryImport(Crypto, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint BIO_meth_new(int type, string name);

    [LibraryImport(Crypto)]
    public static partial int BIO_meth_set_write(nint method, delegate* unmanaged<nint, byte*, int, int> callback);

    [LibraryImport(Crypto)]
    public static partial int BIO_meth_set_read(nint method, delegate* unmanaged<nint, byte*, int, int> callback);

    [LibraryImport(Crypto)]
    public static partial int BIO_meth_set_ctrl(nint method, delegate* unmanaged<nint, int, nint, void*, nint> callback);

    [LibraryImport(Crypto)]
    public static partial nint BIO_new(nint method);

    [LibraryImport(Crypto)]
    public static partial void BIO_set_init(nint bio, int initialized);

    [LibraryImport(Crypto)]
    public static partial void BIO_set_data(nint bio, void* data);

    [LibraryImport(Crypto), SuppressGCTransition]
    public static partial void* BIO_get_data(nint bio);

    [LibraryImport(Crypto), SuppressGCTransition]
    public static partial void BIO_set_flags(nint bio, int flags);

    [LibraryImport(Crypto), SuppressGCTransition]
    public static partial void BIO_clear_flags(nint bio, int flags);

    [LibraryImport(Crypto)]
    private static partial nuint ERR_get_error();

    [LibraryImport(Crypto)]
    private static partial void ERR_error_string_n(nuint error, byte* buffer, nuint bufferBytes);

    /// <summary>SRTP_PROTECTION_PROFILE: the IANA number follows the name.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public readonly struct SrtpProtectionProfile
    {
        private readonly nint _name;

        public nuint Id { get; }
    }

    /// <summary>struct timeval.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public readonly struct TimeValue
    {
        private readonly nint _seconds;
        private readonly nint _microseconds;

        public TimeSpan ToTimeSpan() => TimeSpan.FromSeconds(_seconds) + TimeSpan.FromMicroseconds(_microseconds);
    }
}
