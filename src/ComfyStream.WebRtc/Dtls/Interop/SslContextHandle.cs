using Microsoft.Win32.SafeHandles;

namespace ComfyStream.WebRtc.Dtls.Interop;

/// <summary>An SSL_CTX. Sessions made from it hold a reference of their own, so it may go before them.</summary>
internal sealed class SslContextHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    public SslContextHandle()
        : base(ownsHandle: true)
    {
    }

    protected override bool ReleaseHandle()
    {
        OpenSsl.SSL_CTX_free(handle);
        return true;
    }
}
