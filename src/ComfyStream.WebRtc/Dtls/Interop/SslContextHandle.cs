using Microsoft.Win32.SafeHandles;

namespace ComfyStream.WebRtc.Dtls.Interop;

/// <summary>An SSL_CTX. Sessions made from it hold a reference of their own, so it may go before them.</summary>
internal sealed class SslContextHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    public SslContextHandle()
        : base(ownsHandle: true)
    {
    }

    /// <summary>Another handle of the same context, which lives as long as one of them.</summary>
    /// <exception cref="ObjectDisposedException">This one was disposed.</exception>
    public SslContextHandle Share()
    {
        _ = OpenSsl.SSL_CTX_up_ref(this);
        var shared = new SslContextHandle();
        shared.SetHandle(handle);
        return shared;
    }

    protected override bool ReleaseHandle()
    {
        OpenSsl.SSL_CTX_free(handle);
        return true;
    }
}
