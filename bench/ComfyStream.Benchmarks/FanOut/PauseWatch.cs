using System.Diagnostics.Tracing;
using ComfyStream.Transport;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;
using Microsoft.Diagnostics.Tracing.Parsers;
using Microsoft.Diagnostics.Tracing.Parsers.Clr;

namespace ComfyStream.Benchmarks.FanOut;

/// <summary>
/// Learns from another .NET process, by its diagnostics port, when its collector of garbage stopped all threads and for how long. Nothing
/// is asked of the process while nothing is collected.
/// </summary>
internal sealed class PauseWatch : IDisposable
{
    private const int BufferMegabytes = 16;
    private static readonly TimeSpan _endLimit = TimeSpan.FromSeconds(5);

    private readonly EventPipeSession _session;
    private readonly Thread _reader;
    private readonly List<(TimeSpan At, double Milliseconds)> _pauses = [];

    private PauseWatch(EventPipeSession session)
    {
        _session = session;
        _reader = new Thread(Read) { Name = "pauses", IsBackground = true };
        _reader.Start();
    }

    /// <summary>Null when the process is not .NET, or not ours.</summary>
    public static PauseWatch? TryStart(int processId)
    {
        try
        {
            var provider = new EventPipeProvider(ClrTraceEventParser.ProviderName, EventLevel.Informational, (long)ClrTraceEventParser.Keywords.GC);
            return new PauseWatch(new DiagnosticsClient(processId).StartEventPipeSession([provider], requestRundown: false, BufferMegabytes));
        }
        catch (Exception failure) when (failure is DiagnosticsClientException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The pauses of a span of time that has been over for a second: events come late.</summary>
    public Pauses Between(TimeSpan from, TimeSpan to)
    {
        lock (_pauses)
        {
            double[] lengths = [.. _pauses.Where(pause => pause.At >= from && pause.At < to).Select(pause => pause.Milliseconds)];
            return new Pauses(lengths.Length, lengths.Sum(), lengths.DefaultIfEmpty().Max());
        }
    }

    public void Dispose()
    {
        try
        {
            _session.Stop();
        }
        catch (Exception failure) when (failure is DiagnosticsClientException or IOException or TimeoutException)
        {
            // The process has ended before: so has the session.
        }

        _reader.Join(_endLimit);
        _session.Dispose();
    }

    private void Read()
    {
        try
        {
            using var source = new EventPipeEventSource(_session.EventStream);
            double begun = double.NaN;
            source.Clr.GCSuspendEEStart += data =>
            {
                bool isForCollection = data.Reason is GCSuspendEEReason.SuspendForGC or GCSuspendEEReason.SuspendForGCPrep;
                begun = isForCollection ? data.TimeStampRelativeMSec : double.NaN;
            };
            source.Clr.GCRestartEEStop += data =>
            {
                if (double.IsNaN(begun))
                    return;
                TimeSpan at = EventLoop.Now - (DateTime.Now - data.TimeStamp);
                lock (_pauses)
                    _pauses.Add((at, data.TimeStampRelativeMSec - begun));
                begun = double.NaN;
            };
            source.Process();
        }
        catch (Exception failure) when (failure is IOException or FormatException or ObjectDisposedException or EndOfStreamException)
        {
            // The process ended in the middle of an event.
        }
    }
}

/// <summary>How often all threads of a process stood still for its collector of garbage.</summary>
internal sealed record Pauses(int Count, double TotalMilliseconds, double LongestMilliseconds);
