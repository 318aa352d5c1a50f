using System.Runtime.InteropServices;

namespace ComfyStream.WebRtc.Dtls.Interop;

/// <summary>
/// A BIO of our own between libssl and memory: one write is one datagram, one read takes one datagram. libssl's memory BIO glues datagrams
/// together. Its callbacks work on native memory alone, so they keep no managed object alive and cannot throw.
/// </summary>
internal static unsafe class DatagramBio
{
    /// <summary>Size of an IPv4 and a UDP header, which libssl asks for.</summary>
    private const int HeaderOverheadBytes = 28;

    private static readonly nint s_method = CreateMethod();

    public static nint Create(DatagramBioState* state)
    {
        var bio = OpenSsl.BIO_new(s_method);
        if (bio == 0)
            return 0;
        OpenSsl.BIO_set_data(bio, state);
        OpenSsl.BIO_set_init(bio, 1);
        return bio;
    }

    /// <summary>The state of the session that libssl calls back for.</summary>
    public static DatagramBioState* StateOf(nint bio) => (DatagramBioState*)OpenSsl.BIO_get_data(bio);

    private static nint CreateMethod()
    {
        var method = OpenSsl.BIO_meth_new(OpenSsl.BIO_get_new_index() | OpenSsl.BIO_TYPE_SOURCE_SINK, "datagrams in memory");
        if (method == 0
            || OpenSsl.BIO_meth_set_write(method, &Write) != 1
            || OpenSsl.BIO_meth_set_read(method, &Read) != 1
            || OpenSsl.BIO_meth_set_ctrl(method, &Control) != 1)
        {
            throw new OutOfMemoryException($"OpenSSL could not register a BIO: {OpenSsl.TakeErrorText()}");
        }
        return method;
    }

    [UnmanagedCallersOnly]
    private static int Write(nint bio, byte* data, int byteCount)
    {
        OpenSsl.BIO_clear_flags(bio, OpenSsl.BIO_FLAGS_ALL);
        // A datagram that finds no room counts as lost on the way: libssl sends it again.
        StateOf(bio)->Outgoing.TryEnqueue(new ReadOnlySpan<byte>(data, byteCount));
        return byteCount;
    }

    [UnmanagedCallersOnly]
    private static int Read(nint bio, byte* buffer, int bufferBytes)
    {
        OpenSsl.BIO_clear_flags(bio, OpenSsl.BIO_FLAGS_ALL);
        var state = StateOf(bio);
        var datagram = new ReadOnlySpan<byte>(state->Incoming, state->IncomingBytes);
        state->IncomingBytes = 0;
        var byteCount = DtlsRecordFilter.Copy(datagram, new Span<byte>(buffer, bufferBytes), ref state->DroppedRecords);
        if (byteCount > 0)
        {
            state->ReadDatagrams++;
            return byteCount;
        }
        OpenSsl.BIO_set_flags(bio, OpenSsl.BIO_FLAGS_READ | OpenSsl.BIO_FLAGS_SHOULD_RETRY);
        return -1;
    }

    [UnmanagedCallersOnly]
    private static nint Control(nint bio, int command, nint number, void* pointer) => command switch
    {
        OpenSsl.BIO_CTRL_FLUSH => 1,
        OpenSsl.BIO_CTRL_DGRAM_QUERY_MTU or OpenSsl.BIO_CTRL_DGRAM_GET_MTU => DtlsTransport.MaxDatagramBytes,
        OpenSsl.BIO_CTRL_DGRAM_SET_MTU => number,
        OpenSsl.BIO_CTRL_DGRAM_GET_MTU_OVERHEAD => HeaderOverheadBytes,
        _ => 0,
    };
}
