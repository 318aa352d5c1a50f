using ComfyStream.Streaming.Diagnostics;
using ComfyStream.WebRtc.Dtls;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Streaming.Sessions;

/// <summary>
/// Our DTLS certificate. One older than <see cref="RenewalInterval"/> is replaced when the next session is made; sessions keep the one
/// that their answer announced. Thread-safe by one lock.
/// </summary>
internal sealed class DtlsCertificate(TimeProvider clock, ILogger logger) : IDisposable
{
    /// <summary>How long one is used; it is valid for a year. A stolen key is good for new sessions no longer than that.</summary>
    public static readonly TimeSpan RenewalInterval = TimeSpan.FromDays(30);

    private readonly Lock _gate = new();
    private DateTimeOffset _madeAt = clock.GetUtcNow();
    private DtlsIdentity _current = Make(clock.GetUtcNow());
    private bool _isDisposed;

    /// <summary>The one for a new session, which the caller disposes once it has made its peer; null when the relay ends.</summary>
    public DtlsIdentity? Take()
    {
        lock (_gate)
        {
            if (_isDisposed)
                return null;
            DateTimeOffset now = clock.GetUtcNow();
            if (now - _madeAt >= RenewalInterval)
                Renew(now);
            return _current.Share();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _current.Dispose();
        }
    }

    private void Renew(DateTimeOffset now)
    {
        DtlsIdentity old = _current;
        _current = Make(now);
        _madeAt = now;
        // What sessions hold of it stays theirs.
        old.Dispose();
        logger.RenewedCertificate();
    }

    private static DtlsIdentity Make(DateTimeOffset now) => DtlsIdentity.Create(DateOnly.FromDateTime(now.UtcDateTime));
}
