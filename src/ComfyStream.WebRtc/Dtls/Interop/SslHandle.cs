using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ComfyStream.WebRtc.Dtls.Interop;

/// <summary>An SSL with the BIO it reads and writes and the native state of that BIO, which go together.</summary>
internal sealed unsafe class SslHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    private static int s_livingCount;

    private DatagramBioState* _state;

    private SslHandle()
        : base(ownsHandle: true)
    {
    }

    /// <summary>Sessions of the process that were not freed yet (any thread): where a leak shows.</summary>
    public static int LivingCount => Volatile.Read(ref s_livingCount);

    /// <summary>What the BIO holds; valid until this is disposed.</summary>
    public DatagramBioState* State
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return _state;
        }
    }

    public static SslHandle Create(SslContextHandle context)
    {
        OpenSsl.ERR_clear_error();
        var ssl = new SslHandle { _state = (DatagramBioState*)NativeMemory.AllocZeroed((nuint)sizeof(DatagramBioState)) };
        ssl.SetHandle(OpenSsl.SSL_new(context));
        Interlocked.Add(ref s_livingCount, ssl.IsInvalid ? 0 : 1);
        var bio = ssl.IsInvalid ? 0 : DatagramBio.Create(ssl._state);
        if (bio == 0)
        {
            ssl.Dispose();
            throw new OutOfMemoryException($"OpenSSL could not make a DTLS session: {OpenSsl.TakeErrorText()}");
        }
        OpenSsl.SSL_set_bio(ssl.handle, bio, bio);
        return ssl;
    }

    protected override bool ReleaseHandle()
    {
        OpenSsl.SSL_free(handle);
        Interlocked.Decrement(ref s_livingCount);
        NativeMemory.Free(_state);
        _state = null;
        return true;
    }
}
