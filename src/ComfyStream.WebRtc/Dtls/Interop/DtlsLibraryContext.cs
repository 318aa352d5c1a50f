using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ComfyStream.WebRtc.Dtls.Interop;

/// <summary>
/// A library context of OpenSSL (OSSL_LIB_CTX) that knows only the kinds of keys that peers of DTLS-SRTP have. OpenSSL 3.0 and 3.1 go
/// through everything that could decode a key, of all kinds, for each certificate: a third of what a handshake costs. So here a
/// provider (provider(7)) of our own hands on OpenSSL's default one, with most of its key types and decoders left out. Later
/// versions remember what fits, and use the default context. Lives as long as the process. Thread-safe.
/// </summary>
internal static unsafe class DtlsLibraryContext
{
    private const uint FirstVersionThatRemembers = 0x30200000;
    private const string ProviderName = "dtls-srtp";

    // core_dispatch.h: what core and providers ask of one another, by number.
    private const int OSSL_FUNC_PROVIDER_QUERY_OPERATION = 1027;
    private const int OSSL_FUNC_PROVIDER_GET_CAPABILITIES = 1030;
    private const int OSSL_OP_KEYMGMT = 10;
    private const int OSSL_OP_ENCODER = 20;
    private const int OSSL_OP_DECODER = 21;
    private const int OSSL_OP_STORE = 22;

    // RFC 8827 6.5 asks for ECDSA, RSA is what some peers still have; the others are no keys of certificates but how libssl derives secrets.
    private static readonly string[] _certificateKeys = ["EC", "RSA", "RSA-PSS"];
    private static readonly string[] _keys = [.. _certificateKeys, "X25519", "TLS1-PRF", "HKDF"];

    private static readonly Lazy<nint> _handle = new(Make);
    private static readonly Dispatch* _functions = MakeFunctions();
    private static nint _default;
    private static Algorithm* _keyTypes;
    private static Algorithm* _decoders;

    /// <summary>The OSSL_LIB_CTX; 0, which is OpenSSL's default one, where that is as good.</summary>
    public static nint Handle => _handle.Value;

    private static nint Make()
    {
        if (OpenSsl.OpenSSL_version_num() >= FirstVersionThatRemembers)
            return 0;

        // In a context of its own, so that what the system configured for all others stays as it is.
        nint context = OpenSsl.OSSL_LIB_CTX_new();
        _default = OpenSsl.OSSL_PROVIDER_load(OpenSsl.OSSL_LIB_CTX_new(), "default");
        if (context == 0 || _default == 0)
            return 0;
        int noCache;
        _keyTypes = Select(OpenSsl.OSSL_PROVIDER_query_operation(_default, OSSL_OP_KEYMGMT, &noCache), _keys, structure: "");
        _decoders = Select(OpenSsl.OSSL_PROVIDER_query_operation(_default, OSSL_OP_DECODER, &noCache), _certificateKeys, "structure=SubjectPublicKeyInfo");
        bool isLoaded = OpenSsl.OSSL_PROVIDER_add_builtin(context, ProviderName, &Begin) == 1 && OpenSsl.OSSL_PROVIDER_load(context, ProviderName) != 0;
        return isLoaded ? context : 0;
    }

    /// <summary>Those of a list that have one of the names, ended like the list by an empty entry. Never freed.</summary>
    private static Algorithm* Select(Algorithm* all, string[] names, string structure)
    {
        int count = 0;
        while (all[count].Names != null)
            count++;
        var selected = (Algorithm*)NativeMemory.AllocZeroed((nuint)count + 1, (nuint)sizeof(Algorithm));
        int selectedCount = 0;
        for (int i = 0; i < count; i++)
        {
            string name = Marshal.PtrToStringUTF8((nint)all[i].Names)!.Split(':')[0];
            if (names.Contains(name) && Marshal.PtrToStringUTF8((nint)all[i].Properties)!.Contains(structure, StringComparison.Ordinal))
                selected[selectedCount++] = all[i];
        }

        return selected;
    }

    private static Dispatch* MakeFunctions()
    {
        var functions = (Dispatch*)RuntimeHelpers.AllocateTypeAssociatedMemory(typeof(DtlsLibraryContext), 3 * sizeof(Dispatch));
        functions[0] = new Dispatch { Id = OSSL_FUNC_PROVIDER_QUERY_OPERATION, Function = (delegate* unmanaged<nint, int, int*, Algorithm*>)&QueryOperation };
        functions[1] = new Dispatch { Id = OSSL_FUNC_PROVIDER_GET_CAPABILITIES, Function = (delegate* unmanaged<nint, byte*, nint, nint, int>)&GetCapabilities };
        functions[2] = default;
        return functions;
    }

    [UnmanagedCallersOnly]
    private static int Begin(nint handle, nint coreFunctions, Dispatch** functions, nint* context)
    {
        *functions = _functions;
        *context = OpenSsl.OSSL_PROVIDER_get0_provider_ctx(_default);
        return 1;
    }

    [UnmanagedCallersOnly]
    private static Algorithm* QueryOperation(nint context, int operation, int* noCache)
    {
        *noCache = 0;
        return operation switch
        {
            OSSL_OP_KEYMGMT => _keyTypes,
            OSSL_OP_DECODER => _decoders,
            OSSL_OP_ENCODER or OSSL_OP_STORE => null,
            _ => OpenSsl.OSSL_PROVIDER_query_operation(_default, operation, noCache),
        };
    }

    /// <summary>Which groups there are for key exchange.</summary>
    [UnmanagedCallersOnly]
    private static int GetCapabilities(nint context, byte* capability, nint callback, nint argument) =>
        OpenSsl.OSSL_PROVIDER_get_capabilities(_default, capability, callback, argument);

    /// <summary>OSSL_DISPATCH.</summary>
    public struct Dispatch
    {
        public int Id;
        public void* Function;
    }

    /// <summary>OSSL_ALGORITHM.</summary>
    public struct Algorithm
    {
        public byte* Names;
        public byte* Properties;
        public void* Implementation;
        public byte* Description;
    }
}
