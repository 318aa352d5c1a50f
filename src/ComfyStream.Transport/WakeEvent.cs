using System.Runtime.InteropServices;
using ComfyStream.Transport.Interop;
using Microsoft.Win32.SafeHandles;

namespace ComfyStream.Transport;

/// <summary>Wakes the event loop out of its poll (eventfd). Any thread signals; the loop's thread resets.</summary>
internal sealed unsafe class WakeEvent : IDisposable
{
    private readonly SafeFileHandle _handle;
    private int _isSignalled;

    public WakeEvent()
    {
        Descriptor = LibC.CreateEvent(0, LibC.EfdNonBlockCloseOnExec);
        if (Descriptor < 0)
            throw new InvalidOperationException($"The kernel gave no event descriptor: {Marshal.GetLastPInvokeErrorMessage()}. Raise the limit of open files (ulimit -n).");
        _handle = new SafeFileHandle(Descriptor, ownsHandle: true);
    }

    /// <summary>The file descriptor to poll, readable while signalled.</summary>
    public int Descriptor { get; }

    /// <summary>Makes the descriptor readable; only the first signal after a reset costs a system call.</summary>
    public void Signal()
    {
        if (Interlocked.Exchange(ref _isSignalled, 1) != 0)
            return;

        // The loop may end and close the descriptor meanwhile: the handle keeps it from being written to as somebody else's.
        bool isHeld = false;
        try
        {
            _handle.DangerousAddRef(ref isHeld);
            ulong one = 1;
            LibC.Write(Descriptor, &one, sizeof(ulong));
        }
        catch (ObjectDisposedException)
        {
            // Nobody waits any more.
        }
        finally
        {
            if (isHeld)
                _handle.DangerousRelease();
        }
    }

    /// <summary>
    /// Clears the signal; call it when the descriptor is readable, then look at what the signals were about: whatever was queued
    /// before a signal that found the event signalled is visible afterwards.
    /// </summary>
    public void Reset()
    {
        ulong value;
        LibC.Read(Descriptor, &value, sizeof(ulong));
        Interlocked.Exchange(ref _isSignalled, 0);
    }

    public void Dispose() => _handle.Dispose();
}
