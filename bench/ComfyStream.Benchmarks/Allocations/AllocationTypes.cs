using System.Collections.Concurrent;
using System.Diagnostics.Tracing;

namespace ComfyStream.Benchmarks.Allocations;

/// <summary>Counts by type what the runtime samples of allocations, one in 100 KB or so, to find what bytes are. It allocates itself.</summary>
internal sealed class AllocationTypes : EventListener
{
    private const string Runtime = "Microsoft-Windows-DotNETRuntime";
    private const EventKeywords GarbageCollection = (EventKeywords)1;

    // The base's constructor calls back before a constructor's body here would run.
    private readonly ConcurrentDictionary<string, int> _samples = new();

    public IEnumerable<(string Type, int Samples)> MostFrequent =>
        _samples.Select(pair => (pair.Key, pair.Value)).OrderByDescending(pair => pair.Value).Take(12);

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == Runtime)
            EnableEvents(eventSource, EventLevel.Verbose, GarbageCollection);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName?.StartsWith("GCAllocationTick", StringComparison.Ordinal) != true || eventData.PayloadNames is not { } names)
            return;
        string type = eventData.Payload?[names.IndexOf("TypeName")] as string ?? "?";
        _samples.AddOrUpdate(type, 1, static (_, count) => count + 1);
    }
}
