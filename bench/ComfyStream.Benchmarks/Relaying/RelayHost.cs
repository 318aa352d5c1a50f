using System.Net;
using System.Runtime;
using System.Text.Json;
using ComfyStream.Server.Hosting;
using ComfyStream.Server.Options;

namespace ComfyStream.Benchmarks.Relaying;

/// <summary>
/// The relay in a process of its own as <c>serve</c> runs it, but one that says what its memory holds when it is asked on standard input. Ends
/// with its standard input.
/// </summary>
internal static class RelayHost
{
    public const string Verb = "host";

    public const string Measure = "measure";

    public static async Task RunAsync(string workspace)
    {
        var options = new ServeOptions { Port = 0, MediaPort = 0, Advertise = [IPAddress.Loopback], IceServers = [], Workspace = workspace };
        await using RelayServer server = await RelayServer.StartAsync(options, logging => logging.AddLines(), CancellationToken.None);
        Console.WriteLine($"Open {server.BaseAddress}");
        while (Console.ReadLine() is { } line)
        {
            if (line == Measure)
                Console.WriteLine(JsonSerializer.Serialize(Read(server)));
        }
    }

    // Twice, with the finalizers between: what they free is garbage of the second.
    private static HostMemory Read(RelayServer server)
    {
        for (int i = 0; i < 2; i++)
        {
            GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        (int coded, int pictures, int packetized) = server.RentedBuffers;
        return new HostMemory(GC.GetTotalMemory(forceFullCollection: false), Environment.WorkingSet, coded, pictures, packetized);
    }
}

/// <summary>What a host's memory holds.</summary>
/// <param name="ManagedBytes">Living managed objects.</param>
/// <param name="ResidentBytes">All of the process, native memory, code and stacks included.</param>
/// <param name="CodedFrames">Pooled buffers that are out.</param>
/// <param name="Pictures">Pooled pictures that are out.</param>
/// <param name="PacketizedFrames">Pooled packetized frames that are out.</param>
internal sealed record HostMemory(long ManagedBytes, long ResidentBytes, int CodedFrames, int Pictures, int PacketizedFrames);
